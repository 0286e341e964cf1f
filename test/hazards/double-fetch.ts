import { ramCopy } from 'guestmem'
import type { Bus } from './bus.ts'
import { type Copier, modelled } from './copier.ts'
import type { Hazard } from './hazard.ts'
import { unevenLoads } from './loads.ts'
import { type Board, board, LANES, MOVES } from './ours.ts'
import { run, type Scenario } from './scenario.ts'

const HEADER = 8
const ROOM = 16

/** A guest's request: le32 length, le32 command, data. The device has room for 16 bytes, and what lies behind is its own. */
const request: Scenario = {
  name: 'a request whose length the guest changes between the check and the use',
  length: HEADER,
  place: { dst: 0x1000, src: 0x200 },
  fields: [
    { name: 'length', at: 0, length: 4 },
    { name: 'command', at: 4, length: 4 },
    { name: 'data', at: HEADER, length: 32 },
  ],
  prepare(bytes, { src }) {
    bytes[src] = ROOM
    bytes.fill(0x55, src + HEADER, src + HEADER + 32)
  },
  guest(bytes, { dst, src }, say) {
    return {
      steps: [
        () => {
          bytes[src] = 32
          say('guest: length is 32')
        },
      ],
      verdict: () =>
        bytes.subarray(dst + ROOM, dst + 32).some(byte => byte !== 0)
          ? 'the device wrote past the end of its buffer'
          : undefined,
    }
  },
}

/** XSA-155: the copy of the header was optimised away, and each use of it reads guest memory. */
function headerElided(bus: Bus, dst: number, src: number): void {
  const length = (): number => bus.load(src, 4)[0] as number
  if (length() > ROOM) return
  bus.store(dst, bus.load(src + HEADER, length()))
}

/** What a device does with guestmem: one copy of the header, then only the copy is asked. */
function headerCopied(name: string, { block, bytes }: Board): Copier {
  const header = new Uint8Array(HEADER)
  return {
    name: `ramCopy of the header, ${name}`,
    bytes,
    copy(dst, src) {
      ramCopy(header, 0, block, src, HEADER)
      const length = header[0] as number
      if (length <= ROOM) ramCopy(block, dst, block, src + HEADER, length)
    },
  }
}

const ours = Object.entries(LANES).map(([name, options]) => headerCopied(name, board(options)))

function eachLoadedOnce(): string | undefined {
  for (const copier of MOVES)
    for (let length = 1; length <= 40; length++)
      for (let skew = 0; skew < 4; skew++) {
        const src = 0x200 + skew
        const { log } = run(copier, { ...request, length }, { dst: 0x1000, src }, [0])
        const problem = unevenLoads(log, src, length)
        if (problem !== undefined) return `${copier.name}, ${length} bytes: ${problem}`
      }
  return undefined
}

export const doubleFetch: Hazard = {
  id: 'Double fetch',
  slug: 'double-fetch',
  title: 'A source byte is read twice',
  cases: [{ bad: modelled('a header that is read where it is used', headerElided), scenario: request, ours }],
  claims: [{ name: 'guestmem loads each source byte once, whatever the length', check: eachLoadedOnce }],
  picture: {
    bad: 'check, then use, in guest memory',
    ours: 'guestmem: copy, check, use the copy',
    caption: 'Loads from the guest: a request of 16 bytes, for which there is room, and 32, for which there is not.',
    kind: 'load',
    harm: 'after',
  },
}
