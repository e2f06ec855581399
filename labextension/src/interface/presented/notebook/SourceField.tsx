/**
 * A cell's text to be written in: a plain text field over its own colours.
 *
 * A field of the browser's own works with every keyboard, finger and screen
 * reader. It lies over the coloured text, which gives it its size. Escape ends
 * the writing, so that Tab, which indents code, keeps nobody in.
 */
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type * as Y from 'yjs';

import { indentationAfter } from '../../../documents/notebookEdits';
import { useRoom } from '../../context';
import { TextBinding } from '../textBinding';

import { highlight } from './highlight';

interface SourceFieldProps {
  source: Y.Text;
  /** Empty for text that is no code. */
  language: string;
  label: string;
  done: () => void;
}

const INDENT = '    ';

export function SourceField({ source, language, label, done }: SourceFieldProps) {
  const { words } = useRoom();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => source.toJSON());
  const pieces = useMemo(() => highlight(text, language), [text, language]);
  const id = useId();
  useEffect(() => {
    const element = field.current;
    if (!element) {
      return undefined;
    }
    const binding = new TextBinding(source, element, setText);
    element.focus({ preventScroll: true });
    return () => {
      binding.dispose();
    };
  }, [source]);
  const type = (inserted: string) => {
    const element = field.current;
    if (element) {
      element.setRangeText(inserted, element.selectionStart, element.selectionEnd, 'end');
      element.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText' }));
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.nativeEvent.isComposing;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      done();
    } else if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      done();
    } else if (language !== '' && isPlain && !event.shiftKey && event.key === 'Tab') {
      event.preventDefault();
      type(INDENT);
    } else if (language !== '' && isPlain && event.key === 'Enter') {
      event.preventDefault();
      const { value, selectionStart } = event.currentTarget;
      type(`\n${indentationAfter(value.slice(0, selectionStart))}`);
    }
  };
  return (
    <div className={`wv-edit ${language === '' ? 'wv-edit-text' : 'wv-edit-code'}`}>
      <div className="wv-edit-area">
        <pre aria-hidden="true">
          {pieces.map((piece, index) => (
            <span key={index} className={piece.classes || undefined}>
              {piece.text}
            </span>
          ))}
          {'\n'}
        </pre>
        <textarea
          ref={field}
          aria-label={label}
          aria-describedby={id}
          autoCapitalize={language === '' ? 'sentences' : 'off'}
          autoCorrect={language === '' ? 'on' : 'off'}
          spellCheck={language === ''}
          data-testid="cell-source"
          onKeyDown={onKeyDown}
        />
      </div>
      <span id={id} className="wv-hidden">
        {words('notebook.edit.keys')}
      </span>
    </div>
  );
}
