// How a disk's data gets to guest memory, or from there.

import { readSync, readvSync, writeSync, writevSync } from 'node:fs'
import { MemTxResult, ScatterGatherList } from 'guestmem'

/**
 * Moves the data of a request between the file, from `position` on, and its segments.
 *
 * @callback Carry
 * @param {import('./virtio-blk.mjs').VirtioBlk} disk
 * @param {{ address: bigint, length: number }[]} segments
 * @param {number} position In the file, bytes.
 * @param {boolean} read From the file.
 * @returns {{ moved: number, result: import('guestmem').MemTxResult } | undefined} Bytes, and how the accesses to guest
 *   memory ended; undefined: there was no room for windows.
 */

/**
 * QEMU's way: windows on all segments of the request, then one system call on the file, then the windows are given back.
 * Where memory is direct the host's kernel stores to it; else each window is a bounce buffer, and all of them are needed
 * at once. What could not be read of guest memory is not written to the file.
 *
 * @type {Carry}
 */
export function byMap(disk, segments, position, read) {
  const windows = []
  for (const { address, length } of segments) {
    for (let done = 0; done < length; ) {
      // A window may be shorter than what is asked for: it ends with its RAM block, or with the budget.
      const window = disk.memory.map(address + BigInt(done), length - done, { write: read })
      if (window === undefined) {
        const bounced = windows.reduce((sum, held) => sum + (held.direct ? 0 : held.length), 0)
        for (const held of windows) held.unmap(0)
        return disk.outOfRoom(bounced + length - done)
      }
      windows.push(window)
      done += window.length
    }
  }
  let result = windows.reduce((all, window) => all | window.result, MemTxResult.OK)
  if (result !== MemTxResult.OK) {
    for (const held of windows) held.unmap(0)
    return { moved: 0, result }
  }
  const buffers = windows.map(window => window.bytes)
  const moved = read ? readvSync(disk.file, buffers, position) : writevSync(disk.file, buffers, position)
  for (const window of windows) {
    if (window.direct) disk.onDirect(window)
    disk.counts[window.direct ? 'directBytes' : 'bouncedBytes'] += window.length
    result |= window.unmap()
  }
  return { moved, result }
}

/**
 * Through the space, which makes the accesses itself: none that the mapping doesn't allow, in order, and without a budget.
 * Data passes through a buffer of the disk's own.
 *
 * @type {Carry}
 */
export function bySpace(disk, segments, position, read) {
  const list = listOf(disk, segments)
  const bytes = new Uint8Array(list.length)
  if (read) {
    const moved = readSync(disk.file, bytes, 0, bytes.length, position)
    list.write(0, bytes.subarray(0, moved))
    return { moved, result: list.result }
  }
  list.read(0, bytes)
  const { result } = list
  return { moved: result === MemTxResult.OK ? writeSync(disk.file, bytes, 0, bytes.length, position) : 0, result }
}

/**
 * What a guest may see of plain stores where the CPU doesn't keep them in order: the used index overtakes the data. Acted
 * out, as it is rare: the data lands when the guest has looked.
 *
 * @param {(store: () => void) => void} whenSeen
 * @returns {Carry}
 */
export function overtaken(whenSeen) {
  return (disk, segments, position, read) => {
    if (!read) return bySpace(disk, segments, position, read)
    const list = listOf(disk, segments)
    const bytes = new Uint8Array(list.length)
    const moved = readSync(disk.file, bytes, 0, bytes.length, position)
    whenSeen(() => list.write(0, bytes.subarray(0, moved)))
    return { moved, result: MemTxResult.OK }
  }
}

function listOf({ memory }, segments) {
  const list = new ScatterGatherList()
  for (const { address, length } of segments) list.add(memory, address, length)
  return list
}
