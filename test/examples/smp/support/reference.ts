// RV64IMAC of one hart as the manual has it, in BigInts, one instruction at a time: slow, and plain enough to be read beside the
// manual. What the hart that is tested does in another way (tables, WebAssembly) is done here as it is written there.

export const BASE = 0x8000_0000n

export interface Exception {
  readonly cause: number
  readonly tval: bigint
}

/** No cause: the instruction is one of those that are left out here. */
export const PRIVILEGED = -1

const u = (bits: number, value: bigint) => BigInt.asUintN(bits, value)
const s = (bits: number, value: bigint) => BigInt.asIntN(bits, value)
const u64 = (value: bigint) => u(64, value)
const s64 = (value: bigint) => s(64, value)

export class Reference {
  readonly x: bigint[] = Array.from({ length: 32 }, () => 0n)
  pc: bigint = BASE
  #reservation: { address: bigint; value: bigint } | undefined
  readonly memory: Uint8Array

  /** @param memory From BASE on; elsewhere is nothing. */
  constructor(memory: Uint8Array) {
    this.memory = memory
  }

  /** @returns What it ended with, if it did not retire. Then nothing has changed. */
  step(): Exception | undefined {
    try {
      const first = this.#load(this.pc, 2, 1, this.pc)
      if ((first & 3n) !== 3n) this.#compressed(Number(first))
      else this.#wide(Number(first | (this.#load(this.pc + 2n, 2, 1, this.pc + 2n) << 16n)))
      this.x[0] = 0n
      return undefined
    } catch (error) {
      if (!(error instanceof Raised)) throw error
      return error
    }
  }

  #place(address: bigint, size: number, cause: number, tval: bigint): number {
    const place = u64(address) - BASE
    if (place < 0n || place + BigInt(size) > BigInt(this.memory.length)) throw new Raised(cause, u64(tval))
    return Number(place)
  }

  #load(address: bigint, size: number, cause = 5, tval = address): bigint {
    const place = this.#place(address, size, cause, tval)
    let value = 0n
    for (let byte = size - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(this.memory[place + byte] as number)
    return value
  }

  #store(address: bigint, size: number, value: bigint): void {
    const place = this.#place(address, size, 7, address)
    for (let byte = 0; byte < size; byte++) this.memory[place + byte] = Number((value >> BigInt(8 * byte)) & 0xffn)
  }

  #r(index: number): bigint {
    return index === 0 ? 0n : (this.x[index] as bigint)
  }

  #set(index: number, value: bigint): void {
    if (index !== 0) this.x[index] = u64(value)
  }

  #wide(instruction: number): void {
    const field = (from: number, width: number) => (instruction >>> from) & (2 ** width - 1)
    const illegal = () => {
      throw new Raised(2, BigInt(instruction >>> 0))
    }
    const [rd, rs1, rs2] = [field(7, 5), field(15, 5), field(20, 5)]
    const [funct3, funct7] = [field(12, 3), field(25, 7)]
    const a = this.#r(rs1)
    const b = this.#r(rs2)
    const immI = s(12, BigInt(field(20, 12)))
    const immS = s(12, BigInt(field(25, 7) * 32 + field(7, 5)))
    const immB = s(13, BigInt(field(31, 1) * 4096 + field(7, 1) * 2048 + field(25, 6) * 32 + field(8, 4) * 2))
    const immU = s(32, BigInt(field(12, 20)) << 12n)
    const immJ = s(21, BigInt(field(31, 1) * 2 ** 20 + field(12, 8) * 4096 + field(20, 1) * 2048 + field(21, 10) * 2))
    let next = this.pc + 4n
    switch (field(0, 7)) {
      case 0b0110111:
        this.#set(rd, immU)
        break
      case 0b0010111:
        this.#set(rd, this.pc + immU)
        break
      case 0b1101111:
        this.#set(rd, next)
        next = this.pc + immJ
        break
      case 0b1100111:
        if (funct3 !== 0) illegal()
        this.#set(rd, next)
        next = u64(a + immI) & ~1n
        break
      case 0b1100011: {
        const taken = [a === b, a !== b, undefined, undefined, s64(a) < s64(b), s64(a) >= s64(b), a < b, a >= b][funct3]
        if (taken === undefined) illegal()
        if (taken) next = this.pc + immB
        break
      }
      case 0b0000011: {
        const size = [1, 2, 4, 8, 1, 2, 4][funct3] ?? illegal()
        const value = this.#load(u64(a + immI), size as number)
        this.#set(rd, funct3 < 4 ? s(8 * (size as number), value) : value)
        break
      }
      case 0b0100011: {
        const size = [1, 2, 4, 8][funct3] ?? illegal()
        this.#store(u64(a + immS), size as number, b)
        break
      }
      case 0b0010011:
        this.#set(rd, immediate64(funct3, field(26, 6), a, immI, BigInt(field(20, 6))) ?? (illegal() as never))
        break
      case 0b0011011:
        this.#set(rd, immediate32(funct3, funct7, a, immI, BigInt(field(20, 5))) ?? (illegal() as never))
        break
      case 0b0110011:
        this.#set(rd, register64(funct3, funct7, a, b) ?? (illegal() as never))
        break
      case 0b0111011:
        this.#set(rd, register32(funct3, funct7, a, b) ?? (illegal() as never))
        break
      case 0b0001111:
        if (funct3 > 1) illegal()
        break
      case 0b0101111:
        if (funct3 !== 2 && funct3 !== 3) illegal()
        this.#set(rd, this.#atomic(field(27, 5), funct3 === 2 ? 32 : 64, rs2, a, b) ?? (illegal() as never))
        break
      case 0b1110011:
        throw new Raised(PRIVILEGED, 0n)
      default:
        illegal()
    }
    this.pc = u64(next)
  }

  #atomic(funct5: number, bits: 32 | 64, rs2: number, address: bigint, b: bigint): bigint | undefined {
    const size = bits / 8
    const isAligned = address % BigInt(size) === 0n
    if (funct5 === 2) {
      if (rs2 !== 0) return undefined
      if (!isAligned) throw new Raised(4, address)
      const value = this.#load(address, size)
      this.#reservation = { address, value }
      return s(bits, value)
    }
    const sums: Record<number, (old: bigint) => bigint> = {
      0: old => old + b,
      1: () => b,
      4: old => old ^ b,
      8: old => old | b,
      12: old => old & b,
      16: old => (s(bits, old) < s(bits, b) ? old : b),
      20: old => (s(bits, old) > s(bits, b) ? old : b),
      24: old => (old < u(bits, b) ? old : b),
      28: old => (old > u(bits, b) ? old : b),
    }
    if (funct5 !== 3 && sums[funct5] === undefined) return undefined
    if (!isAligned) throw new Raised(6, address)
    if (funct5 === 3) {
      const held = this.#reservation
      this.#reservation = undefined
      if (held?.address !== address) return 1n
      if (s(bits, this.#load(address, size, 7)) !== s(bits, held.value)) return 1n
      this.#store(address, size, b)
      return 0n
    }
    const old = this.#load(address, size, 7)
    this.#store(address, size, sums[funct5]?.(old) as bigint)
    return s(bits, old)
  }

  #compressed(half: number): void {
    for (const [shape, perform] of COMPRESSED) {
      const fields = matches(shape, half)
      if (fields === undefined) continue
      const next = perform({
        ...fields,
        pc: this.pc,
        r: index => this.#r(index),
        set: (index, value) => this.#set(index, value),
        load: (address, size) => this.#load(u64(address), size),
        store: (address, size, value) => this.#store(u64(address), size, value),
      })
      if (next === ILLEGAL) break
      this.pc = u64(next ?? this.pc + 2n)
      return
    }
    throw new Raised(2, BigInt(half))
  }
}

class Raised extends Error implements Exception {
  override readonly cause: number
  readonly tval: bigint
  constructor(cause: number, tval: bigint) {
    super(`cause ${cause}`)
    this.cause = cause
    this.tval = tval
  }
}

function immediate64(funct3: number, funct6: number, a: bigint, imm: bigint, by: bigint): bigint | undefined {
  switch (funct3) {
    case 0:
      return a + imm
    case 1:
      return funct6 === 0 ? a << by : undefined
    case 2:
      return s64(a) < imm ? 1n : 0n
    case 3:
      return a < u64(imm) ? 1n : 0n
    case 4:
      return a ^ u64(imm)
    case 5:
      return funct6 === 0 ? a >> by : funct6 === 0b010000 ? s64(a) >> by : undefined
    case 6:
      return a | u64(imm)
    default:
      return a & u64(imm)
  }
}

function immediate32(funct3: number, funct7: number, a: bigint, imm: bigint, by: bigint): bigint | undefined {
  if (funct3 === 0) return s(32, a + imm)
  if (funct3 === 1 && funct7 === 0) return s(32, a << by)
  if (funct3 === 5 && funct7 === 0) return s(32, u(32, a) >> by)
  if (funct3 === 5 && funct7 === 0b0100000) return s(32, a) >> by
  return undefined
}

function register64(funct3: number, funct7: number, a: bigint, b: bigint): bigint | undefined {
  const [sa, sb] = [s64(a), s64(b)]
  const by = b & 63n
  if (funct7 === 0) return [a + b, a << by, sa < sb ? 1n : 0n, a < b ? 1n : 0n, a ^ b, a >> by, a | b, a & b][funct3]
  if (funct7 === 0b0100000) return funct3 === 0 ? a - b : funct3 === 5 ? sa >> by : undefined
  if (funct7 !== 1) return undefined
  switch (funct3) {
    case 0:
      return a * b
    case 1:
      return (sa * sb) >> 64n
    case 2:
      return (sa * b) >> 64n
    case 3:
      return (a * b) >> 64n
    default:
      return division(funct3, 64, a, b)
  }
}

function register32(funct3: number, funct7: number, a: bigint, b: bigint): bigint | undefined {
  const by = b & 31n
  const word = u(32, a)
  if (funct7 === 0)
    return funct3 === 0 ? s(32, a + b) : funct3 === 1 ? s(32, a << by) : funct3 === 5 ? s(32, word >> by) : undefined
  if (funct7 === 0b0100000) return funct3 === 0 ? s(32, a - b) : funct3 === 5 ? s(32, a) >> by : undefined
  if (funct7 !== 1) return undefined
  if (funct3 === 0) return s(32, a * b)
  return funct3 < 4 ? undefined : s(32, division(funct3, 32, a, b))
}

/** BigInts divide towards zero, as RISC-V does, and do not overflow. */
function division(funct3: number, bits: number, a: bigint, b: bigint): bigint {
  const take = funct3 % 2 === 0 ? s : u
  const [dividend, divisor] = [take(bits, a), take(bits, b)]
  if (funct3 < 6) return divisor === 0n ? -1n : dividend / divisor
  return divisor === 0n ? dividend : dividend % divisor
}

interface Fields {
  readonly d: number
  readonly s: number
  readonly t: number
  readonly imm: bigint
}

interface Context extends Fields {
  readonly pc: bigint
  r(index: number): bigint
  set(index: number, value: bigint): void
  load(address: bigint, size: number): bigint
  store(address: bigint, size: number, value: bigint): void
}

const ILLEGAL = Symbol('illegal')

/** Returns the next pc where it is no other than what follows. */
type Perform = (context: Context) => bigint | undefined | typeof ILLEGAL

/**
 * The manual's tables of RVC, from the highest bit on: bits; registers of 5 bits, or of 3 which mean x8 and up (d, s, t); bits
 * of the immediate (i, or I where it is signed).
 */
const COMPRESSED: readonly (readonly [string, Perform])[] = [
  ['000 i5:4|9:6|2|3 d3 00', ({ d, imm, r, set }) => (imm === 0n ? ILLEGAL : void set(d, r(2) + imm))],
  ['010 i5:3 s3 i2|6 d3 00', ({ d, s: base, imm, r, set, load }) => void set(d, s(32, load(r(base) + imm, 4)))],
  ['011 i5:3 s3 i7:6 d3 00', ({ d, s: base, imm, r, set, load }) => void set(d, load(r(base) + imm, 8))],
  ['110 i5:3 s3 i2|6 t3 00', ({ t, s: base, imm, r, store }) => void store(r(base) + imm, 4, r(t))],
  ['111 i5:3 s3 i7:6 t3 00', ({ t, s: base, imm, r, store }) => void store(r(base) + imm, 8, r(t))],
  ['000 I5 d5 I4:0 01', ({ d, imm, r, set }) => void set(d, r(d) + imm)],
  ['001 I5 d5 I4:0 01', ({ d, imm, r, set }) => (d === 0 ? ILLEGAL : void set(d, s(32, r(d) + imm)))],
  ['010 I5 d5 I4:0 01', ({ d, imm, set }) => void set(d, imm)],
  ['011 I9 00010 I4|6|8:7|5 01', ({ imm, r, set }) => (imm === 0n ? ILLEGAL : void set(2, r(2) + imm))],
  ['011 I17 d5 I16:12 01', ({ d, imm, set }) => (imm === 0n ? ILLEGAL : void set(d, imm))],
  ['100 i5 00 d3 i4:0 01', ({ d, imm, r, set }) => void set(d, r(d) >> imm)],
  ['100 i5 01 d3 i4:0 01', ({ d, imm, r, set }) => void set(d, s64(r(d)) >> imm)],
  ['100 I5 10 d3 I4:0 01', ({ d, imm, r, set }) => void set(d, r(d) & u64(imm))],
  ['100011 d3 00 t3 01', ({ d, t, r, set }) => void set(d, r(d) - r(t))],
  ['100011 d3 01 t3 01', ({ d, t, r, set }) => void set(d, r(d) ^ r(t))],
  ['100011 d3 10 t3 01', ({ d, t, r, set }) => void set(d, r(d) | r(t))],
  ['100011 d3 11 t3 01', ({ d, t, r, set }) => void set(d, r(d) & r(t))],
  ['100111 d3 00 t3 01', ({ d, t, r, set }) => void set(d, s(32, r(d) - r(t)))],
  ['100111 d3 01 t3 01', ({ d, t, r, set }) => void set(d, s(32, r(d) + r(t)))],
  ['101 I11|4|9:8|10|6|7|3:1|5 01', ({ pc, imm }) => pc + imm],
  ['110 I8|4:3 s3 I7:6|2:1|5 01', ({ pc, s: left, imm, r }) => (r(left) === 0n ? pc + imm : undefined)],
  ['111 I8|4:3 s3 I7:6|2:1|5 01', ({ pc, s: left, imm, r }) => (r(left) !== 0n ? pc + imm : undefined)],
  ['000 i5 d5 i4:0 10', ({ d, imm, r, set }) => void set(d, r(d) << imm)],
  [
    '010 i5 d5 i4:2|7:6 10',
    ({ d, imm, r, set, load }) => (d === 0 ? ILLEGAL : void set(d, s(32, load(r(2) + imm, 4)))),
  ],
  ['011 i5 d5 i4:3|8:6 10', ({ d, imm, r, set, load }) => (d === 0 ? ILLEGAL : void set(d, load(r(2) + imm, 8)))],
  ['1000 s5 00000 10', ({ s: to, r }) => (to === 0 ? ILLEGAL : r(to) & ~1n)],
  ['1000 d5 t5 10', ({ d, t, r, set }) => void set(d, r(t))],
  [
    '1001 00000 00000 10',
    ({ pc }) => {
      throw new Raised(3, pc)
    },
  ],
  [
    '1001 s5 00000 10',
    ({ s: to, pc, r, set }) => {
      const next = r(to) & ~1n
      set(1, pc + 2n)
      return next
    },
  ],
  ['1001 d5 t5 10', ({ d, t, r, set }) => void set(d, r(d) + r(t))],
  ['110 i5:2|7:6 t5 10', ({ t, imm, r, store }) => void store(r(2) + imm, 4, r(t))],
  ['111 i5:3|8:6 t5 10', ({ t, imm, r, store }) => void store(r(2) + imm, 8, r(t))],
]

/** What the shape's letters are in the half, if it has its bits. */
function matches(shape: string, half: number): Fields | undefined {
  const text = half.toString(2).padStart(16, '0')
  const found = { d: 0, s: 0, t: 0 }
  let imm = 0n
  let signBit: number | undefined
  let at = 0
  for (const part of shape.split(' ')) {
    const [letter = ''] = part
    if (letter === '0' || letter === '1') {
      if (text.slice(at, at + part.length) !== part) return undefined
      at += part.length
    } else if (letter === 'i' || letter === 'I') {
      for (const range of part.slice(1).split('|')) {
        const [high, low = high] = range.split(':').map(Number) as [number, number?]
        if (letter === 'I') signBit = Math.max(signBit ?? 0, high)
        for (let bit = high; bit >= low; bit--) imm |= BigInt(text[at++] as string) << BigInt(bit)
      }
    } else {
      const width = Number(part[1])
      const number = Number.parseInt(text.slice(at, at + width), 2)
      found[letter as 'd' | 's' | 't'] = width === 3 ? 8 + number : number
      at += width
    }
  }
  if (at !== 16) throw new Error(`${shape} has ${at} bits`)
  return { ...found, imm: signBit === undefined ? imm : s(signBit + 1, imm) }
}
