import { type Operation } from './graphql';
import { UNREACHABLE } from './problem';

/**
 * What a subscription tells, one answer after the other, over SSE: with the same cookie and by the same rules as every
 * other request. Whoever stops listening ends it at once.
 */
export function listen(operation: Operation, headers: Record<string, string> = {}): AsyncIterableIterator<object> {
  const stopped = new AbortController();
  const told = read(operation, headers, stopped.signal);
  return {
    next: () => told.next(),
    return: () => {
      stopped.abort();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* read(operation: Operation, headers: Record<string, string>, signal: AbortSignal): AsyncGenerator<object> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { ...headers, Accept: 'text/event-stream', 'Accept-Language': 'ja', 'Content-Type': 'application/json' },
      body: JSON.stringify(operation),
      signal,
    });
    const streams = response.headers.get('Content-Type')?.startsWith('text/event-stream');
    if (streams && response.body) yield* answers(response.body);
    else yield (await response.json()) as object;
  } catch {
    if (!signal.aborted) yield { errors: [UNREACHABLE] };
  }
}

/** The data of each event; an event ends with an empty line. */
async function* answers(body: ReadableStream<Uint8Array>): AsyncGenerator<object> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = event.split('\n').filter((line) => line.startsWith('data:'));
      const text = data.map((line) => line.slice(5).trimStart()).join('\n');
      if (text) yield JSON.parse(text) as object;
    }
  }
}
