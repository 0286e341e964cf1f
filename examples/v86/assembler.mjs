// As much of an assembler for x86 as firmware.mjs needs. Each method adds one instruction of 32-bit code; operands come in
// Intel's order. Addresses and distances take 32 bits always, so that no instruction's length depends on where a label is.

export const [EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI] = [0, 1, 2, 3, 4, 5, 6, 7]

class Assembler {
  bytes = []
  #origin
  #labels

  constructor(origin, labels) {
    this.#origin = origin
    this.#labels = labels
  }

  get #here() {
    return this.#origin + this.bytes.length
  }

  db(...bytes) {
    this.bytes.push(...bytes)
  }

  dw(value) {
    this.db(value & 0xff, (value >>> 8) & 0xff)
  }

  dd(value) {
    this.dw(value)
    this.dw(value >>> 16)
  }

  label(name) {
    this.#labels.set(name, this.#here)
  }

  /** Where a label is. In the first pass, anywhere, if it comes later. */
  at(name) {
    return this.#labels.get(name) ?? this.#here
  }

  org(address) {
    while (this.#here < address) this.db(0xf4)
  }

  mov(register, value) {
    this.db(0xb8 | register)
    this.dd(value)
  }

  copy(register, from) {
    this.db(0x89, 0xc0 | (from << 3) | register)
  }

  /** mov register, [base + offset] */
  load(register, base, offset) {
    this.db(0x8b, 0x80 | (register << 3) | base)
    this.dd(offset)
  }

  /** mov [base + offset], register */
  store(base, offset, register) {
    this.db(0x89, 0x80 | (register << 3) | base)
    this.dd(offset)
  }

  /** mov dword [base + offset], value */
  poke(base, offset, value) {
    this.db(0xc7, 0x80 | base)
    this.dd(offset)
    this.dd(value)
  }

  /** mov word [base + offset], value */
  pokeWord(base, offset, value) {
    this.db(0x66, 0xc7, 0x80 | base)
    this.dd(offset)
    this.dw(value)
  }

  /** mov byte [base + offset], value */
  pokeByte(base, offset, value) {
    this.db(0xc6, 0x80 | base)
    this.dd(offset)
    this.db(value)
  }

  #immediate(operation, register, value) {
    this.db(0x81, 0xc0 | (operation << 3) | register)
    this.dd(value)
  }

  add(register, value) {
    this.#immediate(0, register, value)
  }

  or(register, value) {
    this.#immediate(1, register, value)
  }

  and(register, value) {
    this.#immediate(4, register, value)
  }

  cmp(register, value) {
    this.#immediate(7, register, value)
  }

  #relative(name) {
    this.dd(this.at(name) - (this.#here + 4))
  }

  jmp(name) {
    this.db(0xe9)
    this.#relative(name)
  }

  call(name) {
    this.db(0xe8)
    this.#relative(name)
  }

  jz(name) {
    this.db(0x0f, 0x84)
    this.#relative(name)
  }

  jnz(name) {
    this.db(0x0f, 0x85)
    this.#relative(name)
  }
}

/** @param {(code: Assembler) => void} program Called twice: labels are known the second time. */
export function assemble(origin, program) {
  const labels = new Map()
  program(new Assembler(origin, labels))
  const code = new Assembler(origin, labels)
  program(code)
  return Uint8Array.from(code.bytes)
}
