/** A value that can be watched, and a stream of events: all that the views know of the client. */

export type Unsubscribe = () => void;

/** Holds one immutable value; `set` with the same value tells nobody. */
export class Store<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  set(next: T): void {
    if (Object.is(next, this.value)) {
      return;
    }
    this.value = next;
    for (const listener of [...this.listeners]) {
      listener();
    }
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }

  /** Bound, so that React's `useSyncExternalStore` takes it as it is. */
  readonly subscribe = (listener: () => void): Unsubscribe => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}

/** Tells events to whoever listens at that moment; nothing is kept. */
export class Emitter<E> {
  private readonly listeners = new Set<(event: E) => void>();

  emit(event: E): void {
    for (const listener of [...this.listeners]) {
      listener(event);
    }
  }

  readonly subscribe = (listener: (event: E) => void): Unsubscribe => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}
