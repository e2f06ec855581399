/** What is written to everybody; kept with the session, and what cannot be sent yet is kept too. */
import { useEffect, useLayoutEffect, useRef, type FormEvent } from 'react';

import { mayUse } from '../client';
import { MAX_CHAT_CHARACTERS } from '../protocol/messages';

import { timeOfDay } from '../words/time';

import { useClient, useRoom, useStore } from './context';
import { IconButton } from './controls';
import { Panel } from './Panel';

/** Messages of one author within this time stand under one name. */
const SAME_BREATH_MS = 3 * 60_000;
/** From here on the number of characters left is told. */
const TELL_LEFT = 200;

export function ChatPanel({ close }: { close: () => void }) {
  const { words, locale } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const time = timeOfDay(locale, navigator.language);

  useEffect(() => {
    if (state.unreadChat > 0) {
      client.readChat();
    }
  }, [client, state.unreadChat]);
  useLayoutEffect(() => {
    const element = list.current;
    if (element && isAtEnd.current) {
      element.scrollTop = element.scrollHeight;
    }
  }, [state.chat, state.unsent]);

  const isDown = state.line.kind === 'down';
  return (
    <Panel title={words('chat.title')} close={close} testId="chat">
      <div
        className="wv-chat"
        ref={list}
        role="log"
        aria-label={words('chat.messages')}
        // A region that scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={event => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 40;
        }}
      >
        {state.chat.length === 0 && state.unsent.length === 0 && (
          <p className="wv-empty">{words('chat.empty')}</p>
        )}
        {state.chat.map((line, index) => {
          const before = state.chat[index - 1];
          const follows =
            before?.authorId === line.authorId &&
            Date.parse(line.postedAt) - Date.parse(before.postedAt) < SAME_BREATH_MS;
          return (
            <article
              key={line.messageId}
              className={`wv-line ${line.authorId === state.me ? 'wv-line-own' : ''} ${follows ? 'wv-line-follows' : ''}`}
              data-testid="chat-message"
            >
              {!follows && (
                <header>
                  <strong>{line.authorName}</strong>{' '}
                  <time dateTime={line.postedAt}>{time.format(new Date(line.postedAt))}</time>
                </header>
              )}
              <p>
                <Linked text={line.text} />
              </p>
            </article>
          );
        })}
        {state.unsent.map(line => (
          <article
            key={line.clientId}
            className="wv-line wv-line-own wv-line-unsent"
            data-testid="chat-unsent"
          >
            <p>{line.text}</p>
            <footer>{words(isDown ? 'chat.unsent' : 'chat.sending')}</footer>
          </article>
        ))}
      </div>
      {mayUse(state, 'chat') ? (
        <ChatForm />
      ) : (
        <p className="wv-chat-withheld" role="status" data-testid="chat-withheld">
          {words('chat.withheld')}
        </p>
      )}
    </Panel>
  );
}

function ChatForm() {
  const { words } = useRoom();
  const client = useClient();
  const text = useStore(client.draft);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    const element = field.current;
    if (element) {
      element.style.height = 'auto';
      element.style.height = `${Math.min(element.scrollHeight + 2, 160)}px`;
    }
  }, [text]);
  const send = () => {
    client.chat(text);
    client.draft.set('');
    field.current?.focus();
  };
  const left = MAX_CHAT_CHARACTERS - text.length;
  return (
    <form
      className="wv-chat-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        maxLength={MAX_CHAT_CHARACTERS}
        placeholder={words('chat.placeholder')}
        aria-label={words('chat.placeholder')}
        data-testid="chat-input"
        onChange={event => {
          client.draft.set(event.target.value);
        }}
        onKeyDown={event => {
          // Enter while a word is being composed (IME) chooses the word.
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      <IconButton
        icon="send"
        type="submit"
        className="wv-send"
        label={words('chat.send')}
        disabled={text.trim() === ''}
        data-testid="chat-send"
      />
      {left <= TELL_LEFT && <p className="wv-field-hint">{words('chat.left', { count: left })}</p>}
    </form>
  );
}

const ADDRESS = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/;

/** Text in which addresses can be followed; everything else stays text. */
function Linked({ text }: { text: string }) {
  return (
    <>
      {text.split(ADDRESS).map((part, index) =>
        index % 2 === 1 ? (
          <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </>
  );
}
