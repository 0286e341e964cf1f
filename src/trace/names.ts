import type { RegionKind } from 'guestmem'
import { NAMES_ROOM_WORD, NAMES_WORD } from './ring-layout.ts'

/** What a number of an event stands for. */
export interface Named {
  readonly name: string
  readonly kind: RegionKind | undefined
}

/** A line: what it names, its number, its name, and of a region its kind. */
export type NameLine = readonly [sort: 's' | 'r', id: number, name: string, kind?: RegionKind | undefined]

const encoder = /* @__PURE__ */ new TextEncoder()
const decoder = /* @__PURE__ */ new TextDecoder()

/**
 * The names of a ring's spaces and regions, behind its events: one line of JSON each, `["s",0,"memory"]` or
 * `["r",2,"uart","io"]`. They are only ever added, so that whoever reads up to the published length reads whole lines.
 */
export class Names {
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  #read = 0
  readonly #spaces = new Map<number, Named>()
  readonly #regions = new Map<number, Named>()
  readonly #lines: NameLine[] = []

  constructor(words: Int32Array, bytes: Uint8Array) {
    this.#words = words
    this.#bytes = bytes
  }

  /** Of the thread that records. Where there is no room the name is left out, and the events have their numbers alone. */
  add(sort: 's' | 'r', id: number, { name, kind }: Named): void {
    const line = encoder.encode(`${JSON.stringify(sort === 's' ? [sort, id, name] : [sort, id, name, kind])}\n`)
    const length = Atomics.load(this.#words, NAMES_WORD)
    if (length + line.length > (this.#words[NAMES_ROOM_WORD] as number)) return
    for (let i = 0; i < line.length; i++) this.#bytes[length + i] = line[i] as number
    Atomics.store(this.#words, NAMES_WORD, length + line.length)
  }

  space(id: number): Named | undefined {
    this.#readOn()
    return this.#spaces.get(id)
  }

  region(id: number): Named | undefined {
    this.#readOn()
    return this.#regions.get(id)
  }

  /** All that there are by now, in the order in which they were added. */
  lines(): readonly NameLine[] {
    this.#readOn()
    return this.#lines
  }

  #readOn(): void {
    const length = Atomics.load(this.#words, NAMES_WORD)
    if (length === this.#read) return
    // A copy, as a decoder takes no shared memory.
    const text = decoder.decode(this.#bytes.slice(this.#read, length))
    this.#read = length
    for (const line of text.split('\n')) {
      if (line === '') continue
      const read = JSON.parse(line) as NameLine
      const [sort, id, name, kind] = read
      ;(sort === 's' ? this.#spaces : this.#regions).set(id, { name, kind })
      this.#lines.push(read)
    }
  }
}
