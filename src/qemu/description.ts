/** What `info mtree` calls a region's type (RULES A5). */
export type TypeWord = 'i/o' | 'ram' | 'rom' | 'romd' | 'ramd'

export const TYPE_WORDS: readonly TypeWord[] = ['i/o', 'ram', 'rom', 'romd', 'ramd']

/** One region of a machine, before there is a MemoryRegion for it. Regions name one another by their index. */
export interface RegionDescription {
  /** Not blank. */
  readonly name: string
  /** Of an alias, its final target's. */
  readonly type: TypeWord
  /** Offset in its container, bytes. */
  readonly address: bigint
  /** Bytes, 0 to 2^64. */
  readonly size: bigint
  readonly priority: number
  readonly enabled: boolean
  readonly readonly: boolean
  readonly nonvolatile: boolean
  /** It answers accesses itself; of `i/o` only, as memory always does. */
  readonly terminates: boolean
  /** In the order in which they win (RULES B1). */
  readonly subregions: readonly number[]
  readonly alias: { readonly target: number; readonly offset: bigint } | undefined
}

export interface SpaceDescription {
  readonly name: string
  /** The index of its root. */
  readonly root: number
}

export interface MachineDescription {
  readonly regions: readonly RegionDescription[]
  readonly spaces: readonly SpaceDescription[]
  /** Where a region is described, for an error's text: a line, or the path of a field. */
  place(region: number): string
}
