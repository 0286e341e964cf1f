import { modelled } from './copier.ts'
import { flag } from './guests/flag.ts'
import type { Hazard } from './hazard.ts'
import { glibc } from './models/glibc.ts'
import { board, LANES, MOVES, OURS, STORES, stores } from './ours.ts'
import { run } from './scenario.ts'

const ours = [...OURS, ...STORES]
const SIZES = [2, 4, 8] as const

/** The accesses of a copy that nobody disturbs, as text. */
function accesses(copier: (typeof OURS)[number], length: 2 | 4 | 8, dst: number, src: number): string {
  return run(copier, flag(length), { dst, src }, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
    .log.map(({ kind, width }) => `${kind} ${width}`)
    .join(', ')
}

function oneStoreAnywhere(): string | undefined {
  for (const name of ['16-byte kernels', '8-byte kernels'])
    for (const size of SIZES)
      for (let skew = 0; skew < 16; skew++) {
        const made = accesses(stores(name, board(LANES[name] ?? {})), size, 0x1000 + skew, 0x200)
        if (made !== `store ${size}`) return `${name}: ${size} bytes at ${skew} are ${made}`
      }
  return undefined
}

function oneLoadAndOneStore(): string | undefined {
  for (const copier of MOVES.filter(({ name }) => name.includes('kernels')))
    for (const size of SIZES)
      for (let skew = 0; skew < 8; skew++) {
        const made = accesses(copier, size, 0x1000, 0x200 + skew)
        if (made !== `load ${size}, store ${size}`) return `${copier.name}: ${size} bytes from ${skew} are ${made}`
      }
  return undefined
}

export const h05: Hazard = {
  id: 'H5',
  slug: 'h05-fixed-size-copy',
  title: 'A copy of 1, 2, 4 or 8 bytes must stay one load and one store',
  cases: [
    { bad: modelled('glibc memcpy, which is not told that it is 8', glibc), scenario: flag(8), ours },
    { bad: modelled('the same of 4', glibc), scenario: flag(4), ours },
    { bad: modelled('the same of 2', glibc), scenario: flag(2), ours },
  ],
  claims: [
    { name: 'an access is one store at any alignment, in host order on x86', check: oneStoreAnywhere },
    { name: 'a copy to an aligned place is one load, aligned or not, and one store', check: oneLoadAndOneStore },
  ],
  picture: {
    bad: 'glibc memcpy of 8 bytes',
    ours: 'guestmem',
    caption: '"No branch when size == 8": both stores write all of it, and the guest has cleared it in between.',
    harm: 'after',
  },
}
