// Server-sent events, read from the body of an answer as they arrive.

/** The data of each event. Ends with the answer. `whileAlive` waits for a promise, unless the server is gone. */
export async function* eventsOf(body, whileAlive) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await whileAlive(reader.read());
      if (done) return;
      const lines = (waiting + decoder.decode(value, { stream: true })).split("\n");
      waiting = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) yield line.slice("data: ".length);
    }
  } finally {
    reader.cancel().catch(() => {}); // a reader who stops early lets the server stop too
  }
}
