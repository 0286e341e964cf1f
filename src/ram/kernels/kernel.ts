import { DST, HEADS, KERNELS, RAM, SHIFT, SRC, TMP } from './ordered.wasm.ts'

/**
 * The tiers of ordered.wat. `wide` and `narrow` are the host order, with 16-byte and 8-byte stores; `language` stores
 * atomically, which the WebAssembly memory model orders on every host.
 */
export type KernelTier = 'wide' | 'narrow' | 'language'

/** The functions of ordered.wat; addresses and lengths are bytes below 2^32, and nothing is checked here. */
export interface Kernel {
  copy(dst: number, src: number, length: number): void
  copyIn(dst: number, tmp: number, length: number): void
  copyOut(tmp: number, src: number, length: number): void
  bulk(dst: number, src: number, length: number): void
  bulkIn(dst: number, tmp: number, length: number): void
  bulkOut(tmp: number, src: number, length: number): void
  fill(dst: number, byte: number, length: number): void
  upSaved(dst: number, distance: number, length: number, tmp: number): void
  upRing(dst: number, distance: number, length: number, tmp: number): void
  load16(address: number): number
  load32(address: number): number
  load64(address: number): number
  atomicLoad64(address: number): number
  /** The high half of the latest load64 or atomicLoad64. */
  high(): number
  store16(address: number, value: number): void
  store32(address: number, value: number): void
  store64(address: number, low: number, high: number): void
  atomicStore64(address: number, low: number, high: number): void
  /** At a multiple of 4; of the tier `language` alone. */
  atomicLoad32?(address: number): number
  atomicStore32?(address: number, value: number): void
}

/** A compiled tier, and whether its scratch is a memory of its own (multi-memory) or a part of guest RAM's. */
export interface KernelModule {
  readonly module: WebAssembly.Module
  readonly privateScratch: boolean
}

const compiled = new Map<KernelTier, KernelModule | undefined>()

/** Compiles a tier, once per thread; undefined where the engine lacks what it needs or a page's policy forbids it. */
export function kernelModule(tier: KernelTier): KernelModule | undefined {
  if (!compiled.has(tier)) compiled.set(tier, compile(tier, 2) ?? compile(tier, 1))
  return compiled.get(tier)
}

function compile(tier: KernelTier, memories: 1 | 2): KernelModule | undefined {
  try {
    const bytes = kernelBytes(tier, memories)
    // Small enough for the synchronous constructor on a browser's main thread.
    return { module: new WebAssembly.Module(bytes), privateScratch: memories === 2 }
  } catch {
    return undefined
  }
}

/**
 * The bytes of a module. `copy`, `copyIn` and `copyOut` are one text, with the memories of each put in.
 *
 * An access that names its memory says so in the byte ahead, bit 6 of its alignment. For one memory that byte has bit 7 in
 * its place, and is the first of a longer encoding of the alignment; the 0 behind it is the second. No size changes.
 */
export function kernelBytes(tier: KernelTier, memories: 1 | 2): Uint8Array<ArrayBuffer> {
  const [front, copy, back] = KERNELS[tier]
  const between = (dst: string, src: string): string => copy.replaceAll(DST, dst).replaceAll(SRC, src)
  const copyOut = tier === 'language' ? '' : between(TMP, RAM)
  const text = `${HEADS[memories - 1]}${front}${between(RAM, RAM)}${between(RAM, TMP)}${copyOut}${back}`
  return Uint8Array.from(text, (character, at) => {
    const next = text[at + 1]
    if (character === RAM) return 0
    if (character === TMP) return memories - 1
    // A Uint8Array's element takes a number modulo 256, so what is below 0 here comes out right.
    const byte = character.charCodeAt(0) - SHIFT
    return memories === 1 && byte >= 0x40 && (next === RAM || next === TMP) ? byte ^ 0xc0 : byte
  })
}

export function instantiate(
  kernel: KernelModule,
  ram: WebAssembly.Memory,
  tmp: WebAssembly.Memory | undefined,
): Kernel {
  const imports = { guestmem: tmp === undefined ? { ram } : { ram, tmp } }
  // Copied to a plain object, because to look a function up in an exports object is slow.
  return { ...(new WebAssembly.Instance(kernel.module, imports).exports as unknown as Kernel) }
}
