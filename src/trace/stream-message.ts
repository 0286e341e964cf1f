import type { RegionKind } from 'guestmem'
import type { NameLine } from './names.ts'

// What a stream of a trace and its listeners say to one another, but for the events: texts, each an object in JSON.

export const STREAM_VERSION = 1
/** Events that a batch may have. */
export const MOST_EVENTS = 65_536
/** Characters that a text may have. */
export const MOST_CHARACTERS: number = 4 * 2 ** 20
/** Names that a message may have, and characters that a name may have. */
export const MOST_NAMES = 4096
const MOST_OF_A_NAME = 4096

/** What a stream says. */
export type StreamMessage =
  /** It is there, on a channel that many may hear: who wants to follow it joins. */
  | { readonly type: 'ready'; readonly stream: number }
  /** What a listener is told first: all that it was told of this stream before holds no longer. */
  | { readonly type: 'hello'; readonly stream: number }
  /** The map, as `mapToJson` or `formatMtree` gives it. */
  | { readonly type: 'map'; readonly stream: number; readonly text: string }
  /** What numbers of spaces and regions stand for. */
  | { readonly type: 'names'; readonly stream: number; readonly names: readonly NameLine[] }
  /** How many accesses were not sent since the listener's hello. */
  | { readonly type: 'dropped'; readonly stream: number; readonly count: number }
  /** Nothing comes any more. */
  | { readonly type: 'end'; readonly stream: number }

/** What a listener says. */
export type ListenerMessage =
  | { readonly type: 'join' }
  /** It has seen a batch, and all before it. */
  | { readonly type: 'ack'; readonly stream: number; readonly batch: number }

export function encodeMessage(message: StreamMessage | ListenerMessage): string {
  return JSON.stringify({ guestmem: 'trace', version: STREAM_VERSION, ...message })
}

type Fields = Readonly<Record<string, unknown>>

/** @returns The object in a text, or why it is no message. */
function fieldsOf(text: string): Fields | string {
  if (text.length > MOST_CHARACTERS)
    return `a text has at most ${MOST_CHARACTERS} characters, and this one ${text.length}`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is a text, and no JSON'
  }
  if (typeof value !== 'object' || value === null || (value as Fields).guestmem !== 'trace')
    return 'it is JSON, and no message of a trace'
  const { version } = value as Fields
  if (version === STREAM_VERSION) return value as Fields
  const said = typeof version === 'number' ? String(version) : 'none'
  return `it is of version ${said}, and this page reads ${STREAM_VERSION}`
}

/** Reads what may be a stream's message, and trusts none of it. @returns The message, or why it is none. */
export function readStreamMessage(text: string): StreamMessage | string {
  const fields = fieldsOf(text)
  if (typeof fields === 'string') return fields
  const { type, stream } = fields
  if (type === 'join' || type === 'ack') return 'it is what a listener says'
  if (!isWord(stream)) return 'it does not say of which stream it is'
  if (type === 'ready' || type === 'hello' || type === 'end') return { type, stream }
  if (type === 'map') return typeof fields.text === 'string' ? { type, stream, text: fields.text } : 'a map has no text'
  if (type === 'dropped') {
    const { count } = fields
    const isCount = typeof count === 'number' && Number.isSafeInteger(count) && count >= 0
    return isCount ? { type, stream, count } : 'what was dropped is no count'
  }
  if (type === 'names') return readNames(stream, fields.names)
  return 'it is a message of no kind that there is'
}

function readNames(stream: number, value: unknown): StreamMessage | string {
  if (!Array.isArray(value)) return 'names are no list'
  if (value.length > MOST_NAMES) return `a message has at most ${MOST_NAMES} names, and this one ${value.length}`
  const names: NameLine[] = []
  for (const each of value as readonly unknown[]) {
    if (!Array.isArray(each)) return 'a name is no list'
    const [sort, id, name, kind] = each as readonly unknown[]
    if (sort !== 's' && sort !== 'r') return 'a name is of no space and no region'
    if (!isWord(id)) return 'a name has no number'
    if (typeof name !== 'string' || name.length > MOST_OF_A_NAME)
      return `a name is no text of at most ${MOST_OF_A_NAME} characters`
    names.push([sort, id, name, typeof kind === 'string' ? (kind as RegionKind) : undefined])
  }
  return { type: 'names', stream, names }
}

/** Reads what may be a listener's message, and trusts none of it; undefined where it is none. */
export function readListenerMessage(data: unknown): ListenerMessage | undefined {
  // What others say on the channel is not looked at for longer than a listener's message is.
  const fields = typeof data === 'string' && data.length < 200 ? fieldsOf(data) : ''
  if (typeof fields === 'string') return undefined
  const { type, stream, batch } = fields
  if (type === 'join') return { type }
  return type === 'ack' && isWord(stream) && isWord(batch) ? { type, stream, batch } : undefined
}

function isWord(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value
}
