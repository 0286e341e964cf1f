import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { MemoryRegion, type MemoryRegionOps } from 'guestmem'

/** A request of a recorded conversation, and what it led to. */
export interface Exchange {
  readonly request: string
  /** Such as `read addr=0x9020000 size=2 value=0x5145 mr='fwcfg.data'`. */
  readonly callbacks: readonly string[]
  readonly response: string
}

/**
 * The exchanges of a recorded conversation.
 *
 * @param from A part of the note behind which they begin; from the first on unless said.
 * @param to A part of the note before which they end.
 */
export function transcript(name: string, from = '', to?: string): Exchange[] {
  const path = fileURLToPath(new URL(`../fixtures/qemu/qtest/${name}.log.gz`, import.meta.url))
  const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n')
  const note = (text: string) => lines.findIndex(line => line.startsWith('#') && line.includes(text))
  const exchanges: Exchange[] = []
  let request = ''
  let callbacks: string[] = []
  for (const line of lines.slice(note(from), to === undefined ? undefined : note(to))) {
    if (line.startsWith('> ')) request = line.slice(2)
    else if (line.startsWith('| OP ')) callbacks.push(line.slice(5))
    else if (line.startsWith('< ')) {
      exchanges.push({ request, callbacks, response: line.slice(2) })
      callbacks = []
    }
  }
  return exchanges
}

/** Devices that answer what was recorded, and keep what they are asked. */
export class StandIns {
  callbacks: string[] = []
  #answers: bigint[] = []

  begin({ callbacks }: Exchange): void {
    this.callbacks = []
    this.#answers = callbacks
      .filter(callback => callback.startsWith('read'))
      .map(callback => BigInt(/value=(0x[0-9a-f]+)/.exec(callback)?.[1] ?? '0x0'))
  }

  /** @param address Where it is mapped. @param inform Gets what is written. */
  device(
    name: string,
    address: number,
    size: number,
    ops: Omit<MemoryRegionOps, 'read' | 'write'>,
    inform: (offset: number, value: number, size: number) => void = () => {},
  ): MemoryRegion {
    const wide = ops.impl?.maxSize === 8
    const note = (verb: string, offset: number, length: number, value: bigint) => {
      this.callbacks.push(
        `${verb} addr=0x${(address + offset).toString(16)} size=${length} value=0x${value.toString(16)} mr='${name}'`,
      )
    }
    const read = (offset: number, length: number) => {
      const value = this.#answers.shift() ?? 0n
      note('read', offset, length, value)
      return value
    }
    const write64 = (offset: number, value: bigint) => note('write', offset, 8, value)
    return MemoryRegion.io(
      name,
      {
        ...ops,
        read: (offset, length) => Number(BigInt.asUintN(32, read(offset, length))),
        write: (offset, value, length) => {
          note('write', offset, length, BigInt(value))
          inform(offset, value, length)
        },
        ...(wide ? { read64: offset => read(offset, 8), write64 } : {}),
      },
      size,
    )
  }
}
