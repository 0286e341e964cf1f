const KIB = 1024

/** A space whose first bytes are `block`. */
export function spaceOver({ AddressSpace, MemoryRegion }, block, options) {
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('ram', block))
  return new AddressSpace('memory', root, options)
}

/** A page that is not isolated has no memory that threads share. */
export const canShare = globalThis.crossOriginIsolated !== false && typeof SharedArrayBuffer !== 'undefined'

/** A page's policy may forbid to compile WebAssembly. */
export function canCompile() {
  try {
    return new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) !== undefined
  } catch {
    return false
  }
}

/**
 * Every way in which RAM is served here: both lanes in both tiers of order, and a buffer that someone else made; private
 * memory, and such as someone else made.
 */
export function everyRam({ GuestRam }, bytes) {
  const lanes = [...(canCompile() ? ['wasm'] : []), 'script'].flatMap(lane =>
    ['host', 'language'].map(order => [`${lane} lane, ${order} order`, () => ({ lane, order, shared: true })]),
  )
  const shared = lanes.map(([name, options]) => [name, () => GuestRam.allocate(bytes, options())])
  const rams = [
    ...(canShare ? [...shared, ['wrapped RAM', () => GuestRam.wrap(new SharedArrayBuffer(bytes))]] : []),
    ['private RAM', () => GuestRam.allocate(bytes, { shared: false })],
    ['wrapped private RAM', () => GuestRam.wrap(new Uint8Array(bytes + 24).subarray(24))],
  ]
  if (typeof WebAssembly !== 'undefined') {
    const memory = () => new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) + 1 })
    rams.push(['a WebAssembly.Memory', () => GuestRam.wrap(memory(), { offset: 8192, bytes })])
  }
  return rams.map(([name, make]) => [name, make()])
}

/** Every width, both byte orders: what was stored comes back, and lies in memory in the order that was asked for. */
function cells(checks, guestmem, name, ram) {
  const layouts = [
    ['little', 0x0807_0605_0403_0201n],
    ['big', 0x0102_0304_0506_0708n],
  ]
  for (const [endian, value64] of layouts) {
    const memory = spaceOver(guestmem, ram.block('ram', 64 * KIB), { endian })
    const byte = address => memory.load8(address)
    const bytes = (address, n) => Uint8Array.from({ length: n }, (_, i) => byte(address + i))
    const low = bits => Number(BigInt.asUintN(bits, endian === 'little' ? value64 : value64 >> BigInt(64 - bits)))
    const counting = n => Uint8Array.from({ length: n }, (_, i) => i + 1)

    memory.store8(0x100, low(8))
    memory.store16(0x110, low(16))
    memory.store32(0x120, low(32))
    memory.store64(0x130, value64)
    checks.bytes(`${name}, ${endian}, store8`, bytes(0x100, 2), Uint8Array.of(1, 0))
    checks.bytes(`${name}, ${endian}, store16`, bytes(0x110, 3), Uint8Array.of(1, 2, 0))
    checks.bytes(`${name}, ${endian}, store32`, bytes(0x120, 5), Uint8Array.of(1, 2, 3, 4, 0))
    checks.bytes(`${name}, ${endian}, store64`, bytes(0x130, 9), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0))

    memory.write(0x200, counting(8))
    checks.same(`${name}, ${endian}, load8`, memory.load8(0x200), low(8))
    checks.same(`${name}, ${endian}, load16`, memory.load16(0x200), low(16))
    checks.same(`${name}, ${endian}, load32`, memory.load32(0x200), low(32))
    checks.same(`${name}, ${endian}, load64`, memory.load64(0x200), value64)
    memory.store32(0x204, 0xdead_beef)
    checks.same(`${name}, ${endian}, load32 is unsigned`, memory.load32(0x204), 0xdead_beef)
    checks.same(`${name}, ${endian}, result`, memory.result, guestmem.MemTxResult.OK)
  }
}

/** Also those that are a NaN, an infinity, -0 or a denormal as a float: in some engines 64 bits may go as one. */
const BITS = [
  [0, 0],
  [1, 0],
  [0x8000_0000, 0x8000_0000],
  [0, 0x7ff0_0000],
  [1, 0x7ff0_0000],
  [0x1234_5678, 0xfff4_5678],
  [0, 0x7ff8_0000],
  [0xffff_fff0, 0xffff_ffff],
  [0xffff_ffff, 0xffff_ffff],
  [0x8070_6050, 0x4030_2010],
]

/** 64 bits as two numbers, often enough that the space makes the accesses itself. */
function pairs(checks, guestmem, name, ram) {
  for (const endian of ['little', 'big']) {
    const memory = spaceOver(guestmem, ram.block('pairs', 64 * KIB), { endian })
    const wrong = new Set()
    for (let i = 0; i < 300; i++) {
      const [low, high] = BITS[i % BITS.length]
      const value = (BigInt(high) << 32n) | BigInt(low)
      if (i % 20 < 10) memory.store64Pair(0x130, low, high)
      else memory.store64(0x130, value)
      const words = [memory.load32(0x130), memory.load32(0x134)]
      const [first, second] = endian === 'little' ? words : words.reverse()
      const halves = [memory.load64Pair(0x130), memory.high]
      if (first !== low || second !== high) wrong.add(`stored ${value} as ${words}`)
      if (halves[0] !== low || halves[1] !== high) wrong.add(`loaded ${halves} of ${value}`)
      if (memory.load64(0x130) !== value) wrong.add(`load64 of ${value}`)
    }
    checks.same(`${name}, ${endian}, halves of 64 bits`, [...wrong].join(), '')
  }
}

export function allCells(checks, guestmem) {
  for (const [name, ram] of everyRam(guestmem, 512 * KIB)) {
    cells(checks, guestmem, name, ram)
    pairs(checks, guestmem, name, ram)
  }
}

export function refusals(checks, { GuestRam }) {
  const ram = GuestRam.allocate(64 * KIB)
  checks.throws('a block larger than what is left', RangeError, () => ram.block('huge', 2 ** 30))
  checks.throws('RAM of a fractional size', RangeError, () => GuestRam.allocate(0.5))
  checks.throws('what is no buffer', TypeError, () => GuestRam.wrap({ byteLength: 64 * KIB }))
}
