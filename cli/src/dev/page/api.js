// What the page asks of the server, and how it stays live.

/** Asks for `/api/…` and gives the JSON of the answer; throws an `Error` with what the server says is wrong. */
export async function get(path, query = {}, signal = undefined) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== "" && value != null) asked.set(name, value);
  return answer(await reach(asked.size ? `${path}?${asked}` : path, { signal }));
}

/** Posts JSON to `/api/…`. */
export async function post(path, body = {}, signal = undefined) {
  const headers = { "content-type": "application/json" };
  return answer(await reach(path, { method: "POST", headers, body: JSON.stringify(body), signal }));
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("`tripline dev` does not answer: is it running?");
  }
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new Error(body?.error ?? `the server answers ${response.status} ${response.statusText}`);
}

/** The part of an address that names something. */
export const part = encodeURIComponent;

/**
 * Follows the server's events: `handlers.status`, `handlers.alert` and `handlers.reload` take what comes, `handlers.open` and
 * `handlers.closed` the state of the connection. A lost connection is tried again for as long as the page is there.
 */
export function follow(handlers) {
  let pause = 500;
  const connect = () => {
    const source = new EventSource("/api/stream");
    source.onopen = () => {
      pause = 500;
      handlers.open();
    };
    source.onerror = () => {
      // Browsers give up by themselves where the answer is an error, and wait long where there is none.
      source.close();
      handlers.closed();
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 5000);
    };
    for (const kind of ["status", "alert", "reload"]) {
      source.addEventListener(kind, (event) => handlers[kind](JSON.parse(event.data)));
    }
  };
  connect();
}

/**
 * What one or more addresses say, asked again when poked: never twice at once, at most once in `pause` milliseconds, and not
 * while nobody looks. `load(signal)` asks; `changed()` is called when there is something new in `value` or `failure`.
 */
export class Resource {
  constructor(load, changed, pause = 1000) {
    Object.assign(this, { load, changed, pause, took: 0, value: null, failure: null });
    this.again();
  }

  /** Asks now, whatever is under way: what is asked for has changed. */
  again() {
    clearTimeout(this.timer);
    this.timer = null;
    this.underWay?.abort();
    this.ask();
  }

  /** Asks soon, or at once if it is `urgent`: what is asked for may have become another. */
  poke(urgent = false) {
    if (urgent) return this.again();
    if (this.timer || this.closed || document.hidden) return;
    // What takes long is asked seldom.
    const wait = this.asked + Math.max(this.pause, 5 * this.took) - performance.now();
    this.timer = setTimeout(
      () => {
        this.timer = null;
        if (this.underWay) this.poke();
        else this.ask();
      },
      Math.max(wait, 0),
    );
  }

  async ask() {
    const mine = new AbortController();
    this.underWay = mine;
    this.asked = performance.now();
    try {
      const value = await this.load(mine.signal);
      if (this.underWay !== mine) return;
      this.value = value;
      this.failure = null;
    } catch (error) {
      if (this.underWay !== mine) return;
      this.failure = error;
    }
    this.underWay = null;
    this.took = performance.now() - this.asked;
    this.changed();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.underWay?.abort();
    this.underWay = null;
  }
}
