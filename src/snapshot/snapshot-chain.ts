import type { AddressSpace } from 'guestmem'
import { show } from '../check.ts'
import { idText } from './chunk-reader.ts'
import { ChunkWriter, type Digest, NO_DIGEST, newId } from './chunk-writer.ts'
import { DirtyFollower } from './dirty-follower.ts'
import { PAGE } from './layout.ts'
import { checkMachineOptions, type Machine, type MachineOptions, machineOf, partsOf } from './machine.ts'
import { PageBits } from './page-bits.ts'
import { fileOf, stateNow, streamOf } from './save-machine.ts'

/** One file of a chain, which is being saved. */
export interface ChainSave {
  /** 0 of the base. */
  readonly generation: number
  /** The file. Read it, or have it piped to where it belongs. */
  readonly stream: ReadableStream
  /** The file is where it belongs: the next one begins from here. @throws TypeError where the stream has not ended, or was given up. */
  commit(): void
  /** The file is lost: what it had is in the next one. Nothing happens where it was aborted before. @throws TypeError where it was committed. */
  abort(): void
}

/**
 * Saves a machine again and again: first all of it, then only the pages that were stored to since (by the dirty log).
 * `restoreMachine` takes the base and all increments, in their order.
 *
 * It logs all memory (startGlobalDirtyLog) until `end`. Of the thread that the machine belongs to; other threads that store must
 * have met this one after it was made, as docs/DIRTY-LOG.md has it, and stand still while a file is saved.
 */
export class SnapshotChain {
  readonly #machine: Machine
  readonly #follower: DirtyFollower
  readonly #id = newId()
  #generation = 0
  #parent: Digest = NO_DIGEST
  #open: ChainSave | undefined
  #ended = false

  /**
   * @param spaces As saveMachine takes them.
   * @throws TypeError naming the argument.
   */
  constructor(spaces: AddressSpace | readonly AddressSpace[], options?: MachineOptions) {
    this.#machine = machineOf(spaces, checkMachineOptions(options))
    this.#follower = new DirtyFollower(this.#machine)
  }

  /** What all of its files have in common: 32 hexadecimal digits. */
  get id(): string {
    return idText(this.#id)
  }

  /** How many files were committed. */
  get generation(): number {
    return this.#generation
  }

  /** How many bytes of pages were stored to since the latest file that was committed; of the base, nothing is known. */
  get dirtyBytes(): number {
    this.#refuseEnded()
    this.#follower.sync()
    return this.#follower.count * PAGE
  }

  /**
   * Begins the next file. The machine stands still until its stream has ended; then call `commit`, or `abort`.
   *
   * @throws TypeError where the one before is neither committed nor aborted; what a device's `save` throws, and the next file
   *   has all that this one would have had.
   */
  save(): ChainSave {
    this.#refuseEnded()
    if (this.#open !== undefined)
      throw new TypeError(`file ${this.#generation} must be committed or aborted before the next one is saved`)
    const machine = this.#machine
    checkSameRegions(machine)
    const state = stateNow(machine)
    this.#follower.sync()
    const taken = machine.blocks.map(block => copyOf(this.#follower.pagesOf(block)))
    const generation = this.#generation
    const writer = new ChunkWriter()
    const identity = { id: this.#id, generation, parent: this.#parent, live: false }
    const pages = (block: number) =>
      (taken[block] as PageBits).ranges((machine.blocks[block] as { readonly size: number }).size, PAGE)
    const chunks = fileOf(writer, machine, identity, state, generation === 0 ? undefined : pages)
    for (const block of machine.blocks) this.#follower.pagesOf(block).clear()
    let whole = false
    let done: 'committed' | 'aborted' | undefined
    const stream = streamOf(chunks, ended => {
      whole = ended
    })
    const save: ChainSave = {
      generation,
      stream,
      commit: () => {
        if (done !== undefined) throw new TypeError(`file ${generation} must be open, but it was ${done}`)
        if (!whole) throw new TypeError(`file ${generation} must be read to its end before it is committed`)
        done = 'committed'
        this.#parent = writer.digest
        this.#generation++
        this.#open = undefined
      },
      abort: () => {
        if (done === 'aborted') return
        if (done !== undefined) throw new TypeError(`file ${generation} must be open, but it was committed`)
        done = 'aborted'
        for (const [index, block] of machine.blocks.entries())
          this.#follower.pagesOf(block).addAll(taken[index] as PageBits)
        this.#open = undefined
      },
    }
    this.#open = save
    return save
  }

  /** Ends the log, where nobody else needs it. Nothing more is saved. A second call does nothing. */
  end(): void {
    this.#ended = true
    this.#follower.end()
  }

  #refuseEnded(): void {
    if (this.#ended) throw new TypeError('chain must be one that goes on, but it was ended')
  }
}

function copyOf(pages: PageBits): PageBits {
  const copy = new PageBits(pages.pages)
  copy.addAll(pages)
  return copy
}

/** @throws TypeError where the machine has got, or lost, a region. */
function checkSameRegions({ spaces, regions, indexOf }: Machine): void {
  const now = partsOf(spaces, [], { regions })
  const added = now.regions.find(region => !indexOf.has(region))
  if (added !== undefined)
    throw new TypeError(
      `options.regions must have what the machine gets later, and region ${show(added.name)} was not there when the chain was made`,
    )
}
