import { checkBytes, show } from '../check.ts'

declare global {
  /**
   * For programs whose TypeScript has no declarations of web streams: without this one the declarations of guestmem would
   * not compile there. Where there are others, it adds nothing to them.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the declarations of others have this very type parameter
  interface ReadableStream<R = any> {}
}

// Of what a web stream is, its type says nothing here: from TypeScript 5.7 on the platform's streams want arrays whose buffer
// is no shared one, which earlier ones have no type for.

/** What gives bytes once: a web stream, a stream of Node, an async generator. */
export type ByteStream = ReadableStream | AsyncIterable<Uint8Array>

/** What has its bytes at hand, and gives them as often as it is asked: a Blob or File, for one. */
export interface BlobLike {
  readonly size: number
  stream(): unknown
}

/** Where a saved machine is read from. A function is called once for each time that the bytes are read. */
export type SnapshotSource = Uint8Array | BlobLike | ByteStream | (() => SnapshotSource | Promise<SnapshotSource>)

/** Gives pieces of bytes, undefined at the end. Pieces may be read only until the next one is asked for. */
export interface ByteReader {
  read(): Promise<Uint8Array | undefined>
  /** No more is wanted. */
  close(): void
}

/** A source whose kind is known. */
export interface OpenSource {
  /** It can be opened again. */
  readonly again: boolean
  /** Its bytes are in memory, and no other thread can change them. */
  readonly atHand: boolean
  open(): Promise<ByteReader>
}

/** @throws TypeError naming the argument. */
export function checkSource(source: unknown, argument: string): OpenSource {
  if (typeof source === 'function')
    return {
      again: true,
      atHand: false,
      open: async () => {
        const given: unknown = await source()
        if (typeof given === 'function') throw new TypeError(`${argument} must give a source, got a function of it`)
        return checkSource(given, `what ${argument} gives`).open()
      },
    }
  if (typeof source === 'object' && source !== null) {
    if (isBlob(source))
      return { again: true, atHand: false, open: async () => readerOf(source.stream(), `${argument}.stream()`) }
    if (!ArrayBuffer.isView(source) && isStream(source))
      return { again: false, atHand: false, open: async () => readerOf(source, argument) }
  }
  const bytes = checkSourceBytes(source, argument)
  return { again: true, atHand: bytes.buffer instanceof ArrayBuffer, open: async () => pieces([bytes]) }
}

/** Several pieces of bytes that are at hand. */
export function pieces(list: readonly Uint8Array[]): ByteReader {
  let next = 0
  return { read: async () => list[next++], close() {} }
}

function checkSourceBytes(value: unknown, argument: string): Uint8Array {
  try {
    return checkBytes(value, argument)
  } catch (error) {
    if (ArrayBuffer.isView(value) || (value instanceof ArrayBuffer && !(value instanceof Uint8Array))) throw error
    throw new TypeError(
      `${argument} must be a Uint8Array, a Blob, a stream of bytes, or a function that gives one, got ${show(value)}`,
    )
  }
}

function isBlob(value: object): value is BlobLike {
  return 'stream' in value && typeof value.stream === 'function' && 'size' in value && typeof value.size === 'number'
}

function isStream(value: object): boolean {
  return typeof (value as { getReader?: unknown }).getReader === 'function' || Symbol.asyncIterator in value
}

function readerOf(stream: unknown, argument: string): ByteReader {
  const { getReader } = Object(stream)
  if (typeof getReader === 'function') {
    const reader = getReader.call(stream) as {
      read(): Promise<{ done: boolean; value?: unknown }>
      cancel(): Promise<void>
    }
    return {
      read: async () => {
        const { done, value } = await reader.read()
        return done ? undefined : checkSourceBytes(value, `a piece of ${argument}`)
      },
      close: () => void reader.cancel().catch(() => {}),
    }
  }
  const iterator = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]?.()
  if (iterator === undefined) throw new TypeError(`${argument} must be a stream of bytes, got ${show(stream)}`)
  return {
    read: async () => {
      const { done, value } = await iterator.next()
      return done ? undefined : checkSourceBytes(value, `a piece of ${argument}`)
    },
    close: () => void Promise.resolve(iterator.return?.()).catch(() => {}),
  }
}
