/** What wabt is to know of. */
export const FEATURES: Readonly<Record<string, boolean>>
/** The text of one tier of ordered.wat, for one memory or two. */
export function tierText(source: string, tier: string, memories: 1 | 2): string
/** The text of ordered.wasm.ts. */
export function assemble(): Promise<string>
/** The text of page-kernel.wat, ready to be assembled, and that of page-kernel.wasm.ts. */
export function pageKernelText(): string
export function assemblePageKernel(): Promise<string>
