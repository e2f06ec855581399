/** Tells a trainee of the copy that is theirs to do, or came back corrected, until they have opened it. */
import { useEffect, useState } from 'react';

import type { DocumentView } from '../../protocol/messages';
import { Banner } from '../Banners';
import { useRoom } from '../context';
import { Button, IconButton } from '../controls';

import { deadlineText, useNow } from './deadline';

interface ExerciseBannerProps {
  documents: ReadonlyArray<DocumentView>;
  /** The document that is looked at now. */
  lookedAt: string | null;
  open: (document: DocumentView) => void;
}

export function ExerciseBanner({ documents, lookedAt, open }: ExerciseBannerProps) {
  const { words, locale } = useRoom();
  const now = useNow();
  const [known, setKnown] = useState<ReadonlySet<string>>(new Set());
  const news = unopened(documents, known);
  const key = news && keyOf(news);
  const isOpen = news?.documentId === lookedAt;
  useEffect(() => {
    if (key !== null && isOpen) {
      setKnown(before => new Set(before).add(key));
    }
  }, [key, isOpen]);
  const { copy } = news ?? {};
  if (!news || !copy || key === null || isOpen) {
    return null;
  }
  const know = () => {
    setKnown(before => new Set(before).add(key));
  };
  return (
    <Banner
      icon="notebook"
      kind={copy.state}
      testId="exercise-banner"
      title={words(copy.state === 'returned' ? 'exercise.returned' : 'exercise.yours', {
        name: news.name.replace(/\.ipynb$/, ''),
      })}
      text={
        copy.state === 'working' && copy.deadline !== null
          ? deadlineText(copy.deadline, locale, now, words)
          : ''
      }
    >
      <Button
        look="primary"
        data-testid="exercise-open"
        onClick={() => {
          know();
          open(news);
        }}
      >
        {words('exercise.open')}
      </Button>
      <IconButton icon="close" label={words('notice.dismiss')} onClick={know} />
    </Banner>
  );
}

/** The newest copy of one's own that asks for something and was not opened since it does. */
export function unopened(
  documents: ReadonlyArray<DocumentView>,
  known: ReadonlySet<string>,
): DocumentView | null {
  return (
    documents
      .filter(one => one.copy?.isMine === true && ['working', 'returned'].includes(one.copy.state))
      .filter(one => !known.has(keyOf(one)))
      .sort((a, b) => a.createdAt.localeCompare(b.createdAt))
      .at(-1) ?? null
  );
}

/** A copy that came back is news again. */
function keyOf(document: DocumentView): string {
  return `${document.documentId} ${document.copy?.state ?? ''}`;
}
