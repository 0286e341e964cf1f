// What is run, and how each run must end.

/** A host whose CPU has no rules that depend on the mapping, one that has some, one that has more. */
export const HOSTS = ['x86-64', 'aarch64', 'ppc64']

const all = ends => ({ 'x86-64': ends, aarch64: ends, ppc64: ends })
const but86 = (ends, others) => ({ ...all(others), 'x86-64': ends })

/**
 * What the driver tells of the BAR (`told`), what the emulator makes of it (`believed`, where that differs), its policy,
 * how the disk moves data, and how that ends on each host.
 */
export const CHAPTERS = [
  {
    bar: 4,
    title: `1. BAR 4 before: the emulator does not know how it is mapped

  So it takes it for noncached, and no device's memory is direct: a request's data goes by way of bounce buffers, of
  which there are 4096 bytes. 64 KiB can not be had at once, and nobody else holds any that could be given back: the
  guest waits for ever. Or it takes BAR 4 for RAM, lets memcpy loose on it and hopes. If the mapping is noncached, each
  unaligned access and each vector is a fault where the CPU is no x86; and where the CPU does not keep stores in order,
  the used index may overtake the data, and a guest that trusts it reads what was there before.`,
    stories: [
      { disk: 'maps', believed: undefined, policy: 'normal-only', ends: all('frozen') },
      { disk: 'memcpy, and hopes', believed: 'normal', policy: 'normal-only', ends: but86('direct', 'faults') },
      {
        disk: 'memcpy, overtaken',
        believed: 'normal',
        policy: 'normal-only',
        ends: { aarch64: 'stale', ppc64: 'stale' },
      },
    ],
  },
  {
    bar: 4,
    title: '2. BAR 4 now: the driver reports that it is normal, and that is direct under all three policies',
    stories: ['normal-only', 'normal-or-writecombine', 'by-mapping'].map(policy => ({
      disk: 'maps',
      told: 'normal',
      policy,
      ends: all('direct'),
    })),
  },
  {
    bar: 4,
    title: `3. BAR 4 now, with a driver that does not report it

  Direct where the CPU has no rule that a device could break. Elsewhere nobody lends a window on noncached memory, and
  a disk that insists on one freezes its guest. One that goes through the space needs none: the space itself makes the
  accesses, none of them wider than the mapping allows, nor unaligned where the CPU forbids it.`,
    stories: [
      { disk: 'maps', policy: 'by-mapping', ends: but86('direct', 'frozen') },
      { disk: 'uses the space', policy: 'normal-only', ends: all('fixed') },
      { disk: 'uses the space', policy: 'by-mapping', ends: but86('ordered', 'fixed') },
    ],
  },
  {
    bar: 2,
    title: `4. BAR 2, whose mapping one reader of the dump takes for writecombine and another for noncached

  Here the policies part. aarch64 may do to writecombine memory what it may do to RAM; ppc64 may not.`,
    stories: [
      ['writecombine', 'normal-only', all('frozen')],
      ['writecombine', 'normal-or-writecombine', { ...all('direct'), ppc64: 'frozen' }],
      ['writecombine', 'by-mapping', { ...all('direct'), ppc64: 'frozen' }],
      ['noncached', 'normal-only', all('frozen')],
      ['noncached', 'normal-or-writecombine', all('frozen')],
      ['noncached', 'by-mapping', but86('direct', 'frozen')],
    ].map(([told, policy, ends]) => ({ disk: 'maps', told, policy, ends })),
  },
]

/**
 * - `direct`: every byte goes straight to its memory.
 * - `ordered`: as direct, by a kernel of the library that stores in order.
 * - `fixed`: every byte goes by aligned accesses of 1 to 8 bytes.
 * - `faults`: done here, by accesses that such a host answers with a fault.
 * - `stale`: the guest sees the used index before the data.
 * - `frozen`: a request needs more bounce buffers than there are, and is never done.
 */
const ENDS = {
  direct: (seen, bytes) => isDone(seen) && seen.directBytes === bytes && seen.faults === 0,
  ordered: (seen, bytes) => isDone(seen) && seen.kernelBytes === bytes && seen.directBytes === 0,
  fixed: seen => isDone(seen) && seen.directBytes === 0 && seen.kernelBytes === 0 && seen.widths[8] > 0,
  faults: (seen, bytes) => isDone(seen) && seen.directBytes === bytes && seen.faults > 0,
  stale: seen => !seen.frozen && seen.hazards.length > 0,
  frozen: (seen, bytes) => seen.frozen && seen.mapFailures === 1 && seen.bouncedBytes < bytes && isUnharmed(seen),
}
const isUnharmed = ({ hazards }) => hazards.length === 0
const isDone = seen => !seen.frozen && seen.mapFailures === 0 && seen.bouncedBytes === 0 && isUnharmed(seen)

/** @param {keyof typeof ENDS} ends @param {object} seen @param {number} bytes All that the guest asks for. */
export function isAsTold(ends, seen, bytes) {
  return ENDS[ends](seen, bytes)
}
