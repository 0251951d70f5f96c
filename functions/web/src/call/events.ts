// Server-sent events from a fetched stream (HTML standard, section 9.2.6), because EventSource sends no headers.

export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

/** Reads until the stream ends or breaks; `alive` is called for all that arrives, comments too. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
  alive: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event: ServerEvent = { id: "", type: "message", data: "" };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      rest += decoder.decode(value, { stream: true });
      // A lone carriage return at the end may be half of a line break.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (event.data !== "" || event.type !== "message") {
            yield { ...event, data: event.data.replace(/\n$/, "") };
          }
          event = { id: event.id, type: "message", data: "" };
          continue;
        }
        const colon = line.indexOf(":");
        if (colon === 0) continue;
        const field = colon < 0 ? line : line.slice(0, colon);
        const content = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "id") event.id = content;
        else if (field === "event") event.type = content;
        else if (field === "data") event.data += `${content}\n`;
      }
    }
  } finally {
    reader.releaseLock();
  }
}
