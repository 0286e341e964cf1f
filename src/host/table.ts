import type { CacheMode } from './cache-mode.ts'
import type { HostAccess, HostName } from './host-access.ts'

/** One cell: what is so, and who says it. A manual's sections are named by title, which outlives their numbers. */
export type Cell<T> = readonly [value: T, source: string]

/** One host's row, cell by cell. */
export interface HostRow {
  readonly name: HostName
  readonly keepsStoreOrder: Cell<boolean>
  readonly access: Readonly<Record<CacheMode, AccessCells>>
}

type AccessCells = { readonly [Field in keyof HostAccess]: Cell<HostAccess[Field]> }

/** Made anew on each call, so that a program that doesn't use the table doesn't carry it. */
export function hostTable(): readonly HostRow[] {
  return [x86(), aarch64(), ppc64(), riscv64(), s390x(), sparc64(), mips64(), unknown()]
}

function cells(
  widest: AccessCells['widest'],
  unaligned: AccessCells['unaligned'],
  vectors: AccessCells['vectors'],
): AccessCells {
  return { widest, unaligned, vectors }
}

function x86(): HostRow {
  const unaligned: Cell<boolean> = [
    true,
    'H5, H6; Intel SDM vol. 1, "Alignment of Words, Doublewords, Quadwords, and Double Quadwords": no alignment is ' +
      'asked for while EFLAGS.AC is clear, as it is under every JavaScript engine; no memory type changes that',
  ]
  const vectors: Cell<boolean> = [
    true,
    'H4; Intel SDM vol. 3A, chapter "Memory Cache Control": no memory type forbids an SSE or AVX move',
  ]
  // AMD keeps its 16-byte promise to cacheable memory; Intel does not limit it to a memory type.
  const uncached = cells(
    [
      16,
      'H4; Intel SDM vol. 3A, "Guaranteed Atomic Operations": with AVX, aligned 16-byte moves are "always" atomic, ' +
        'whatever the memory type. AMD64 APM vol. 2, "Access Atomicity", promises it of cacheable memory only: on AMD ' +
        'the move is legal here, and not promised to be seen at once',
    ],
    unaligned,
    vectors,
  )
  return {
    name: 'x86-64',
    keepsStoreOrder: [
      true,
      'Intel SDM vol. 3A, "Memory Ordering" (memory ordering in P6 and more recent processor families); AMD64 APM ' +
        'vol. 2, chapter "Memory System": stores to write-back memory are not reordered with other stores. Stores to ' +
        'write-combining memory, non-temporal and string stores are weakly ordered',
    ],
    access: {
      normal: cells(
        [
          16,
          'Intel SDM vol. 3A, "Guaranteed Atomic Operations"; AMD64 APM vol. 2, "Access Atomicity": an aligned 16-byte ' +
            'move of a CPU with AVX is atomic in cacheable memory. Without AVX, 8',
        ],
        unaligned,
        vectors,
      ),
      writecombine: cells(
        [
          8,
          'Intel SDM vol. 3A, "Buffering of Write Combining Memory Locations": a buffer that is not full is written ' +
            'out in chunks of 8 bytes, each a transaction of its own, whatever the width of the stores that filled it',
        ],
        unaligned,
        vectors,
      ),
      noncached: uncached,
      device: uncached,
    },
  }
}

function aarch64(): HostRow {
  const model = 'Arm ARM (DDI 0487), chapter B2 "The AArch64 Application Level Memory Model"'
  const atomicity = `${model}, on single-copy atomicity`
  const unaligned: Cell<boolean> = [
    true,
    `${model}, on alignment of data accesses: allowed in Normal memory, cacheable or not, with SCTLR_EL1.A clear as ` +
      'Linux, macOS and Windows leave it',
  ]
  const nonCacheable = 'Linux arch/arm64 pgprot_writecombine is Normal Non-cacheable (MT_NORMAL_NC)'
  function device(mapping: string): AccessCells {
    return cells(
      [8, `${atomicity}: aligned accesses by one general-purpose register`],
      [false, `H6; ${mapping}; ${model}, on Device memory: an unaligned access is an Alignment fault`],
      [false, `H6; ${mapping}; ${atomicity}: a 128-bit access counts as two, which a device may see apart`],
    )
  }
  return {
    name: 'aarch64',
    keepsStoreOrder: [
      false,
      `${model}: stores to different locations are not ordered without a barrier or a release. The total store order ` +
        'that some implementations can switch on can not be seen from JavaScript',
    ],
    access: {
      normal: cells(
        [8, `${atomicity}: 16 bytes take FEAT_LSE2 at the least, which can not be seen from JavaScript`],
        unaligned,
        [true, `${model}: Advanced SIMD loads and stores are allowed in Normal memory`],
      ),
      writecombine: cells(
        [8, `${atomicity}; FEAT_LSE2 extends it to 16 bytes in Write-Back Cacheable memory only. ${nonCacheable}`],
        [true, `H7; ${nonCacheable}; ${unaligned[1]}`],
        [true, `H7; ${nonCacheable}; ${model}: Advanced SIMD loads and stores are allowed in Normal memory`],
      ),
      noncached: device('Linux arch/arm64 pgprot_noncached is Device-nGnRnE'),
      device: device('Linux arch/arm64 pgprot_device is Device-nGnRE'),
    },
  }
}

function ppc64(): HostRow {
  const atomicity = 'Power ISA Book II, chapter "Storage Model", "Single-Copy Atomicity"'
  function inhibited(mapping: string): AccessCells {
    const interrupt = `H6, H7; ${mapping} is Caching Inhibited; Power ISA Book III, "Alignment Interrupt"`
    return cells(
      [8, `${atomicity}: aligned accesses up to a doubleword`],
      [false, `${interrupt}: an unaligned access to such storage may cause one`],
      [false, `${interrupt}: a vector access to such storage may cause one`],
    )
  }
  return {
    name: 'ppc64',
    keepsStoreOrder: [false, 'Power ISA Book II, chapter "Storage Model": weakly consistent, ordered by barriers only'],
    access: {
      normal: cells(
        [
          8,
          `${atomicity}: aligned accesses up to a doubleword; 16 only by lq and stq, which are not vector instructions`,
        ],
        [
          true,
          'Power ISA Book II, chapter "Effect of Operand Placement on Performance": unaligned operands in cacheable ' +
            'storage are slower at worst',
        ],
        [true, 'Power ISA Book I, chapters "Vector Facility" and "Vector-Scalar Extension"'],
      ),
      writecombine: inhibited('Linux arch/powerpc pgprot_writecombine (pgprot_noncached_wc)'),
      noncached: inhibited('Linux arch/powerpc pgprot_noncached'),
      device: inhibited('Linux pgprot_device, which on powerpc is pgprot_noncached,'),
    },
  }
}

function riscv64(): HostRow {
  const base = 'RISC-V ISA manual vol. I (Unprivileged), "Load and Store Instructions" of the base ISA'
  const widest: Cell<8> = [8, `${base}: naturally aligned loads and stores up to XLEN are atomic`]
  const unaligned: Cell<boolean> = [
    false,
    `${base}: a misaligned access may trap and be emulated in several; Linux riscv uabi: it "may perform poorly"`,
  ]
  const other = cells(widest, unaligned, [
    false,
    'RISC-V ISA manual vol. II (Privileged), "Physical Memory Attributes": which widths an I/O or non-cacheable region ' +
      'takes is its own business, and nothing promises vectors. Taken as no (H6)',
  ])
  return {
    name: 'riscv64',
    keepsStoreOrder: [
      false,
      'RISC-V ISA manual vol. I (Unprivileged), chapter "RVWMO Memory Consistency Model": weakly ordered; the Ztso ' +
        'extension can not be seen from JavaScript',
    ],
    access: {
      normal: cells(widest, unaligned, [
        true,
        'RISC-V ISA manual vol. I (Unprivileged), "V" extension, on vector loads and stores: allowed in main memory',
      ]),
      writecombine: other,
      noncached: other,
      device: other,
    },
  }
}

function s390x(): HostRow {
  const pop = 'z/Architecture Principles of Operation (SA22-7832), chapter 5 "Program Execution"'
  // The only memory with a mapping of its own on this host is PCI's.
  const zpci = 'Linux arch/s390 zpci (asm/pci_io.h, asm/pci_insn.h)'
  const pci = cells(
    [8, `${zpci}: one PCI load or store instruction moves up to 8 bytes within a doubleword`],
    [false, `${zpci}: PCI memory is reached by its own instructions, whose 2, 4 or 8 bytes may not cross a doubleword`],
    [false, `${zpci}: PCI memory is reached by its own instructions, and no vector load or store is one of them`],
  )
  return {
    name: 's390x',
    keepsStoreOrder: [
      true,
      `${pop}, "Storage-Operand Store References": the results of one instruction are stored before those of the next, ` +
        'as observed by other CPUs',
    ],
    access: {
      normal: cells(
        [8, `${pop}, "Block-Concurrent References": aligned operands up to a doubleword, not a whole vector`],
        // One instruction that neither faults nor is emulated, which is all that the field says: only an aligned
        // operand is block-concurrent.
        [true, `${pop}: operands need no alignment; one that is not aligned may be seen byte by byte`],
        [true, 'z/Architecture Principles of Operation (SA22-7832), on the vector facility: VECTOR LOAD, VECTOR STORE'],
      ),
      writecombine: pci,
      noncached: pci,
      device: pci,
    },
  }
}

function sparc64(): HostRow {
  const manual = 'The SPARC Architecture Manual, Version 9'
  const all = cells(
    [8, `${manual}, chapter "Memory Models": aligned accesses up to a doubleword are atomic`],
    [false, `${manual}, "Memory Alignment Restrictions": an unaligned access traps (mem_address_not_aligned)`],
    [
      false,
      `${manual}, appendix "Instruction Definitions": no vector loads or stores (LDQF and STQF are floating-point)`,
    ],
  )
  return {
    name: 'sparc64',
    keepsStoreOrder: [
      false,
      `${manual}, chapter "Memory Models": PSTATE.MM selects TSO, PSO or RMO. Linux selects TSO, which would keep the ` +
        'order, but the mode in force can not be seen from JavaScript',
    ],
    access: { normal: all, writecombine: all, noncached: all, device: all },
  }
}

function mips64(): HostRow {
  const manual = 'MIPS Architecture for Programmers, vol. II-A (MIPS64 Instruction Set)'
  const widest: Cell<8> = [8, `${manual}, load and store instructions up to LD and SD: one aligned doubleword`]
  const unaligned: Cell<boolean> = [
    false,
    `${manual}, load and store instructions: an unaligned access is an Address Error before Release 6, and from then ` +
      'on may be emulated',
  ]
  const other = cells(widest, unaligned, [
    false,
    'MIPS Architecture for Programmers, vol. III (Privileged Resource Architecture), on cacheability and coherency ' +
      'attributes: nothing promises vectors in uncached memory. Taken as no (H6)',
  ])
  return {
    name: 'mips64',
    keepsStoreOrder: [false, `${manual}, SYNC: loads and stores are ordered by it, and otherwise need not be`],
    access: {
      normal: cells(widest, unaligned, [
        true,
        'MIPS Architecture for Programmers, vol. IV-j (MIPS SIMD Architecture Module): LD.df and ST.df',
      ]),
      writecombine: other,
      noncached: other,
      device: other,
    },
  }
}

function unknown(): HostRow {
  const all = cells(
    [
      8,
      'ECMAScript, chapter "Memory Model": atomic accesses to an aligned BigInt64Array element do not tear on any host',
    ],
    [false, 'nothing is known of this CPU, and some in this table fault (H6)'],
    [false, 'nothing is known of this CPU, and some in this table fault (H6)'],
  )
  return {
    name: 'unknown',
    keepsStoreOrder: [false, 'nothing is known of this CPU, and most in this table reorder stores'],
    access: { normal: all, writecombine: all, noncached: all, device: all },
  }
}
