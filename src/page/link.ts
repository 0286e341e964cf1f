/** Where a stream of a trace is to be heard. */
export type Place = { readonly channel: string } | { readonly url: string }

/** Whom a link tells of what comes. */
export interface LinkEars {
  open(): void
  message(data: unknown): void
  /** It has ended, or never began. */
  closed(reason: string): void
}

export interface Link {
  send(text: string): void
  /** Nobody is told any more. */
  close(): void
}

/** What a user has typed: the address of a WebSocket, or a channel's name. @throws TypeError that says what to type */
export function placeOf(text: string): Place {
  const plain = text.trim()
  if (plain === '') throw new TypeError('type the name of a channel, or an address such as ws://localhost:9229')
  if (plain.length > 1000) throw new TypeError('a name or an address has at most 1000 characters')
  if (!plain.includes('://')) return { channel: plain }
  if (!/^wss?:\/\/./i.test(plain) || !URL.canParse(plain))
    throw new TypeError('an address begins with ws:// or wss://, such as ws://localhost:9229')
  return { url: plain }
}

/** @throws Error where the browser refuses the address, such as ws:// on a page that came by https. */
export function openLink(place: Place, ears: LinkEars): Link {
  return 'channel' in place ? openChannel(place.channel, ears) : openSocket(place.url, ears)
}

function openChannel(name: string, ears: LinkEars): Link {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => ears.message(data)
  // What this browser can't make of a message is a message, and no trace's.
  channel.onmessageerror = () => ears.message(undefined)
  // As a socket does: not before the caller has what is returned.
  queueMicrotask(() => ears.open())
  return { send: text => channel.postMessage(text), close: () => channel.close() }
}

function openSocket(url: string, ears: LinkEars): Link {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => ears.open()
  socket.onmessage = ({ data }) => ears.message(data)
  socket.onclose = ({ code, wasClean }) =>
    ears.closed(wasClean ? `closed with code ${code}` : `broken off, code ${code}`)
  return {
    send: text => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close() {
      socket.onopen = null
      socket.onmessage = null
      socket.onclose = null
      socket.close()
    },
  }
}
