// What the emulator said, byte by byte, whatever the SDK made of it.
const realFetch = globalThis.fetch;

export class Recorder {
  exchanges = [];

  // To be given to an SDK as its `fetch`.
  fetch = async (input, init) => {
    const answer = await realFetch(input, init);
    const url = new URL(typeof input === 'string' ? input : (input.url ?? input.href));
    // Some SDKs try what fetch can do on a data: URL.
    if (url.protocol !== 'http:') return answer;
    const copy = answer.clone();
    this.exchanges.push({
      method: init?.method ?? input.method ?? 'GET',
      path: url.pathname,
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      text: await copy.text(),
    });
    return answer;
  };
}

// The objects of a JSONL text.
export function jsonLines(text) {
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}
