import type { Change } from './mutants.ts'

/** A change to `guestmem/snapshot` after which something that it says of itself does not hold. */
export interface SnapshotMutant extends Change {
  readonly name: string
  /** A file of test/snapshot, and what the names of tests in it have: one of these is to fail. */
  readonly foundBy: readonly [file: string, name: string]
}

const SAVE = 'snapshot/save-machine.ts'
const WRITER = 'snapshot/page-writer.ts'
const RESTORE = 'snapshot/restore-machine.ts'
const JOURNAL = 'snapshot/ram-journal.ts'
const FILE = 'snapshot/snapshot-file.ts'
const READER = 'snapshot/chunk-reader.ts'
const HARVEST = 'snapshot/dirty-harvest.ts'
const CHAIN = 'snapshot/snapshot-chain.ts'
const HISTORY = 'snapshot/page-history.ts'
const FOLLOWER = 'snapshot/dirty-follower.ts'
const LOGGED = 'snapshot/all-logged.ts'
const MIGRATE = 'snapshot/migrate.ts'
const RECEIVE = 'snapshot/receive-machine.ts'
const VALUES = 'snapshot/values.ts'

const JOURNALED = ['ram-journal', 'all that was stored is there, and is put back'] as const
const FORGED = ['forged-files', 'a file whose checksums are right'] as const
const WORDS = ['migration-words', ''] as const

export const SNAPSHOT_MUTANTS: readonly SnapshotMutant[] = [
  // Saving.
  {
    name: 'save: an increment leaves out pages that became zero',
    file: WRITER,
    from: 'if (!sparse) for (let i = 0;',
    to: 'if (sparse) for (let i = 0;',
    foundBy: ['chain', 'more pages became zero than a chunk can tell of'],
  },
  {
    name: 'save: more pages are told of than a chunk may have',
    file: WRITER,
    from: 'sparse ? count : Math.min(count, MAX_RECORDS - this.#count)',
    to: 'count',
    foundBy: ['chain', 'more pages became zero than a chunk can tell of'],
  },
  {
    name: 'save: pages are said to be of the first block',
    file: WRITER,
    from: 'setU32(bytes, CHUNK_HEADER, this.#block)',
    to: 'setU32(bytes, CHUNK_HEADER, 0)',
    foundBy: ['forged-files', 'what is sealed again as it was is taken'],
  },
  {
    name: 'save: equal pages are not found again',
    file: 'snapshot/equal-pages.ts',
    from: 'this.#pages[slot] = page',
    to: 'this.#pages[slot] = page + 1',
    foundBy: ['save-restore', 'equal ones are there once'],
  },
  {
    name: 'save: a chunk is made before somebody reads it',
    file: SAVE,
    from: 'highWaterMark: 0',
    to: 'highWaterMark: 1',
    foundBy: ['save-restore', 'pages are copied when their chunk is asked for'],
  },
  {
    name: 'save: writes that are buffered for a device are not made first',
    file: SAVE,
    from: '  flushBuffered()\n',
    to: '',
    foundBy: ['save-restore', 'writes that are buffered for a device'],
  },
  // Restoring.
  {
    name: 'restore: the map is put back, the devices are not, where a listener throws',
    file: RESTORE,
    from: '    undoMap()\n    undoDevices()\n    throw error',
    to: '    undoMap()\n    throw error',
    foundBy: ['save-restore', 'a listener that throws when the map changes'],
  },
  {
    name: 'restore: half a machine is no error of its own',
    file: RESTORE,
    from: 'if (journal.undoable) {',
    to: 'if (journal !== undefined) {',
    foundBy: ['save-restore', 'from memory, and a page more'],
  },
  {
    name: 'restore: a page that is overwritten twice counts twice',
    file: 'snapshot/overwritten-pages.ts',
    from: 'if (counted.has(page)) continue',
    to: '',
    foundBy: ['overwritten-pages', 'are counted once each'],
  },
  {
    name: 'restore: memory that nobody uses is looked at to its end',
    file: 'snapshot/overwritten-pages.ts',
    from: ' || this.#unknown > PATIENCE',
    to: '',
    foundBy: ['overwritten-pages', 'is not looked at for long'],
  },
  {
    name: 'journal: a page that was overwritten twice is put back as it was in between',
    file: JOURNAL,
    from: '!this.#undoable || this.#touched[index]?.has(page)',
    to: '!this.#undoable',
    foundBy: JOURNALED,
  },
  {
    name: 'journal: pages that were zero are not put back',
    file: JOURNAL,
    from: 'if (number === undefined) ramFill(block, page * PAGE, 0, pageLength(block, page))',
    to: 'if (number === undefined) continue',
    foundBy: JOURNALED,
  },
  {
    name: 'journal: the last page of a block is not cleared',
    file: JOURNAL,
    from: 'while (end < count && !bits.has(end)) end++',
    to: 'while (end < count - 1 && !bits.has(end)) end++',
    foundBy: JOURNALED,
  },
  {
    name: 'journal: what was stored to memory that was not there is taken for zero',
    file: JOURNAL,
    from: 'this.#storedTo[block]?.addRange(first + i, first + end)',
    to: '',
    foundBy: JOURNALED,
  },
  {
    name: 'journal: memory that is not there is allocated to be cleared',
    file: JOURNAL,
    from: 'if (this.#storedTo[index] !== undefined) continue',
    to: '',
    foundBy: ['ram-journal', 'zeros allocate nothing'],
  },
  {
    name: 'pages that begin alike are taken for equal',
    file: 'snapshot/guest-pages.ts',
    from: 'if (!beginsAs(block, page, bytes, at)) return false',
    to: 'return beginsAs(block, page, bytes, at)',
    foundBy: ['guest-pages', 'differ in one bit'],
  },
  {
    name: 'a short last page is not looked at',
    file: 'snapshot/guest-pages.ts',
    from: 'found + zerosOfCopies(block, first + found, count - found)',
    to: 'zeros === undefined ? zerosOfCopies(block, first, count) : count',
    foundBy: ['guest-pages', 'to the last byte of a short one'],
  },
  // What a file says.
  {
    name: 'file: a page may come twice',
    file: FILE,
    from: 'if (!this.identity.live && seen.has(page))',
    to: 'if (this.identity.live && seen.has(page))',
    foundBy: FORGED,
  },
  {
    name: 'file: a page may lie past the end',
    file: FILE,
    from: 'if (page >= seen.pages)',
    to: 'if (page > seen.pages)',
    foundBy: FORGED,
  },
  {
    name: 'file: there may be bytes of no page',
    file: FILE,
    from: 'if (next !== data) reader.refuse(',
    to: 'if (next > data) reader.refuse(',
    foundBy: FORGED,
  },
  {
    name: 'file: a page may be as one that has not come',
    file: FILE,
    from: 'this.identity.live || !this.#seen[from]?.has(fromPage)',
    to: 'this.identity.live',
    foundBy: FORGED,
  },
  {
    name: 'file: a page may be as one that is another',
    file: 'snapshot/page-sinks.ts',
    from: 'if (pageScratch().checksumOf(bytes, 0) !== check) return false',
    to: '',
    foundBy: FORGED,
  },
  {
    name: 'file: pages that do not follow one another are stored as if they did',
    file: FILE,
    from: 'if (from !== HERE || page !== end) handOver()',
    to: 'if (from !== HERE) handOver()',
    foundBy: ['damaged-files', 'of which the last device refuses its state'],
  },
  {
    name: 'file: the bytes of a page are not checked',
    file: FILE,
    from: 'sums !== undefined && sums[next] !== check',
    to: 'sums === undefined && check < 0',
    foundBy: FORGED,
  },
  {
    name: 'file: that all pages have come may be said twice',
    file: FILE,
    from: 'if (full || this.identity.generation > 0)',
    to: 'if (this.identity.generation > 0)',
    foundBy: FORGED,
  },
  {
    name: 'file: the digest at its end is not looked at',
    file: READER,
    from: 'getU32(payload, 12) !== low || ',
    to: '',
    foundBy: FORGED,
  },
  {
    name: 'file: bytes may follow',
    file: READER,
    from: "if (await this.#more()) this.refuse('bytes follow', this.#at)",
    to: '',
    foundBy: FORGED,
  },
  {
    name: 'file: what another thread can change is used where it is',
    file: READER,
    from: ' && this.#piece.buffer instanceof ArrayBuffer',
    to: '',
    foundBy: ['chunk-reader', 'what another thread changes'],
  },
  {
    name: 'the checksum turns a lane by another number',
    file: 'snapshot/checksum.ts',
    from: 'rotate(d, 18)',
    to: 'rotate(d, 19)',
    foundBy: ['checksum', ''],
  },
  {
    name: 'the checksum of a page by script has lanes of another number',
    file: 'snapshot/checksum.ts',
    from: 'for (let at = from + first; at < end; at += LANES) {',
    to: 'for (let at = from + first; at < end; at += 2 * LANES) {',
    foundBy: ['page-scratch', 'by script a page has the checksum'],
  },
  // Values.
  {
    name: 'value: a key may change the prototype',
    file: VALUES,
    from: 'Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true })',
    to: 'Object.assign(object, JSON.parse("{}")); (object as Record<string, unknown>)[key] = value',
    foundBy: ['values', 'a key of any name is a key'],
  },
  {
    name: 'value: an integer has no sign',
    file: VALUES,
    from: 'return negative ? -value : value',
    to: 'return value',
    foundBy: ['values', 'a state comes back as it was'],
  },
  {
    name: 'value: a part of an array is the whole of it',
    file: VALUES,
    from: 'bytesOf(bufferOf.call(value), offsetOf.call(value), length)',
    to: 'bytesOf(bufferOf.call(value), 0, length)',
    foundBy: ['values', 'a part of an array is that part'],
  },
  // Harvests.
  {
    name: 'harvest: what is given back is marked for another client',
    file: HARVEST,
    from: 'markDirty(memory, offset, left, this.client)',
    to: 'markDirty(memory, offset, left, DirtyClient.MIGRATION)',
    foundBy: ['harvest', 'a harvest ends once'],
  },
  {
    name: 'harvest: marks are lost where a listener throws',
    file: HARVEST,
    from: '    new DirtyHarvest(client, taken).abort()\n',
    to: '',
    foundBy: ['harvest', 'a listener that throws loses no mark'],
  },
  {
    name: 'harvest: it can be committed and then aborted',
    file: HARVEST,
    from: "if (this.#state !== 'open')",
    to: "if (this.#state === 'aborted')",
    foundBy: ['harvest', 'a harvest ends once'],
  },
  // Chains.
  {
    name: 'chain: what a lost file had is in none',
    file: CHAIN,
    from: 'this.#follower.pagesOf(block).addAll(taken[index] as PageBits)',
    to: 'void taken[index]',
    foundBy: ['chain', 'random machines are what they were at each file'],
  },
  {
    name: 'chain: an increment has what the one before it had',
    file: CHAIN,
    from: 'for (const block of machine.blocks) this.#follower.pagesOf(block).clear()',
    to: '',
    foundBy: ['chain', 'an increment has the pages that were stored to'],
  },
  {
    name: 'chain: a file that was not read to its end can be committed',
    file: CHAIN,
    from: 'if (!whole) throw',
    to: 'if (whole && !whole) throw',
    foundBy: ['chain', 'a save ends once'],
  },
  {
    name: 'chain: an increment is taken upon another base of the same id',
    file: 'snapshot/read-chain.ts',
    from: 'if (parent[0] !== before.digest[0] || parent[1] !== before.digest[1])',
    to: 'if (parent.length !== before.digest.length)',
    foundBy: ['chain', 'upon a base that was saved again'],
  },
  // Checkpoints.
  {
    name: 'checkpoint: after a rollback the later ones have lost what they had',
    file: HISTORY,
    from: '    this.#pending.clear()\n    for (const changes of later) for',
    to: '    this.#pending.clear()\n    for (const changes of later.slice(later.length)) for',
    foundBy: ['checkpoint', 'what was as one of them already'],
  },
  {
    name: 'checkpoint: one that is dropped takes along what the one before it had',
    file: HISTORY,
    from: 'else earlier.set(page, kept)',
    to: 'else giveBack(kept)',
    foundBy: ['checkpoint', 'one in the middle is dropped'],
  },
  {
    name: 'checkpoint: the latest is dropped, and the one before it has its pages',
    file: HISTORY,
    from: '        this.#keep(page, kept)\n',
    to: '',
    foundBy: ['checkpoint', 'the latest is dropped'],
  },
  {
    name: 'checkpoint: what RAM hides is not set back where it has grown in between',
    file: FOLLOWER,
    from: 'sizes.get(region) !== size || isAllMarked',
    to: 'sizes.get(region) !== size',
    foundBy: ['checkpoint', 'of RAM that has grown and shrunk again'],
  },
  {
    name: 'log: that somebody else has ended it goes unnoticed',
    file: LOGGED,
    from: '    restarts++\n',
    to: '',
    foundBy: ['checkpoint', 'that somebody else has ended'],
  },
  {
    name: 'log: one that somebody else has begun is ended',
    file: LOGGED,
    from: 'if (holders === 0 && !wasOn)',
    to: 'if (holders === 0)',
    foundBy: ['checkpoint', 'stays on where somebody else began it'],
  },
  // Migration.
  {
    name: 'migrate: a guest that was stopped is not resumed',
    file: MIGRATE,
    from: 'if (this.#stopped) await this.#options.resume()',
    to: '',
    foundBy: WORDS,
  },
  {
    name: 'migrate: a guest that may not have stopped is not resumed',
    file: MIGRATE,
    from: '      this.#stopped = true\n      await this.#options.stop()\n',
    to: '      await this.#options.stop()\n      this.#stopped = true\n',
    foundBy: ['migration', 'since a device of the source has no state, or it can not be stopped'],
  },
  {
    name: 'migrate: a guest is resumed that may run elsewhere',
    file: MIGRATE,
    from: '      told = true\n',
    to: '',
    foundBy: WORDS,
  },
  {
    name: 'migrate: an answer to any round will do',
    file: MIGRATE,
    from: 'if (number !== this.#syncs++)',
    to: 'if (number < this.#syncs++)',
    foundBy: WORDS,
  },
  {
    name: 'migrate: any answer will do',
    file: MIGRATE,
    from: 'if (answer.kind !== kind)',
    to: 'if (answer.kind === 0 && answer.kind !== kind)',
    foundBy: WORDS,
  },
  {
    name: 'migrate: what is stored until the guest stands still is left behind',
    file: MIGRATE,
    from: '    await this.#sendPages(this.#out, this.#takeDirty())\n',
    to: '',
    foundBy: WORDS,
  },
  {
    name: 'migrate: pages that became zero are left out',
    file: MIGRATE,
    from: '{ sparse: false, equal: undefined }',
    to: '{ sparse: true, equal: undefined }',
    foundBy: WORDS,
  },
  {
    name: 'receive: any word hands the machine over',
    file: RECEIVE,
    from: "if (type !== TAKE) reader.refuse('a chunk TAKE must be here')",
    to: 'if (type === undefined) throw new Error(TAKE)',
    foundBy: WORDS,
  },
  {
    name: 'receive: pages are not put back',
    file: RECEIVE,
    from: '    journal.undo()\n',
    to: '',
    foundBy: WORDS,
  },
  {
    name: 'receive: map and devices are not put back',
    file: RECEIVE,
    from: '    undoState()\n',
    to: '',
    foundBy: WORDS,
  },
  {
    name: 'receive: the source is not told why',
    file: RECEIVE,
    from: '    await tell(connection, error)\n',
    to: '',
    foundBy: WORDS,
  },
]
