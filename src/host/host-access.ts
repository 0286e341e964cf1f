/** A host CPU that the table has a row for; 'unknown' is the least that any of them allows. */
export type HostName = 'x86-64' | 'aarch64' | 'ppc64' | 'riscv64' | 's390x' | 'sparc64' | 'mips64' | 'unknown'

/** Width of one access, in bytes. */
export type AccessWidth = 1 | 2 | 4 | 8 | 16 | 32 | 64

/** What one host CPU lets an access to memory of one cache mode be (S1.3, S2.2). */
export interface HostAccess {
  /**
   * Bytes: the widest naturally aligned access that an observer sees at once, whole or not at all. An ordered store to
   * normal memory is never wider; to write-combining memory it may be, as that comes out in chunks of the CPU's own making
   * whatever is stored. More than 8 takes a vector instruction, so it is of use only where `vectors` is true.
   */
  readonly widest: AccessWidth
  /**
   * Whether an unaligned access of 2, 4 or 8 bytes is made as one instruction that neither faults nor is emulated (H3,
   * H5, H6). It doesn't say that an observer sees it at once: across a cache line no CPU promises that.
   */
  readonly unaligned: boolean
  /**
   * Whether vector instructions (more than 8 bytes), where the CPU has them, may be used on such memory: they don't
   * fault (H4, H6). How much of one an observer sees at once is `widest`.
   */
  readonly vectors: boolean
}
