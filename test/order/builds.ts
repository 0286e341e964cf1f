import { type KernelTier, kernelBytes } from '../../src/ram/kernels/kernel.ts'

/** The modules that ship and that this engine can run: of each tier one for one memory and one for two. */
export const BUILDS: readonly (readonly [tier: KernelTier, memories: 1 | 2])[] = (
  ['wide', 'narrow', 'language'] as const
).flatMap(tier =>
  ([1, 2] as const)
    .filter(memories => WebAssembly.validate(kernelBytes(tier, memories)))
    .map(memories => [tier, memories] as const),
)

/** Every pair of offsets modulo 64 is tried by `npm run evidence`; `npm test` takes four source offsets for each. */
export const FULL: boolean = process.env.EVIDENCE === 'full'
/** Few of all cases, for mutation testing, which runs them thousands of times. */
export const SMALL: boolean = process.env.EVIDENCE === 'small'

/** The source offsets to try with a destination offset and a length. Over the lengths, all are. */
export function sourceOffsets(dst: number, length: number): number[] {
  if (FULL) return Array.from({ length: 64 }, (_, i) => i)
  const first = (dst * 7 + length * 13) & 63
  // The same offset modulo 64 too: there source and destination line up.
  return [first, (first + 21) & 63, (first + 40) & 63, dst]
}
