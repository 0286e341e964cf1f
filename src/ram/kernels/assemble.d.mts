/** What wabt is to know of. */
export const FEATURES: Readonly<Record<string, boolean>>
/** The text of one tier of ordered.wat, for one memory or two. */
export function tierText(source: string, tier: string, memories: 1 | 2): string
/** The text of ordered.wasm.ts. */
export function assemble(): Promise<string>
/** The kernels of src/snapshot. */
export const PAGE_KERNELS: readonly string[]
/** The text of one of them, ready to be assembled, and that of the file that ships. */
export function pageKernelText(name: string): string
export function assemblePageKernel(name: string): Promise<string>
