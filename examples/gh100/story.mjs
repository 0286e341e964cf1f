// Runs one guest after the other, and tells what became of it.

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { printTable } from '../table.mjs'
import { CHAPTERS, HOSTS, isAsTold } from './chapters.mjs'
import { requests } from './layout.mjs'
import { Machine } from './machine.mjs'

const DISK_BYTES = 2 ** 20
const GIB = 2 ** 30
const CARRIES = { 'uses the space': 'space', 'memcpy, overtaken': 'overtaken' }
const COUNTS = ['direct', 'bounced', 'no map', '1 B', '2 B', '4 B', '8 B', 'kernel', 'faults', 'hazards']
const HEADING = ['host', 'told', 'policy', 'the disk', ...COUNTS, '']

/**
 * @param {object} options
 * @param {boolean} [options.quick] BAR 4 alone, on the first two hosts.
 * @param {() => Worker} [options.start] Starts the vCPU.
 * @returns {Promise<object[]>} What was seen, run by run; `right` where it is as it should be.
 */
export async function tellStory({ quick = false, start = startVcpu } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gh100-'))
  const file = openSync(join(folder, 'disk.img'), 'w+')
  const vcpu = start()
  const machines = new Map(HOSTS.slice(0, quick ? 2 : 3).map(host => [host, new Machine(host)]))
  const rows = []
  try {
    writeSync(
      file,
      Uint8Array.from({ length: DISK_BYTES }, (_, at) => Math.imul((at >> 2) + 1, 0x9e37_79b1) >> (at & 15)),
    )
    for (const { bar, title, stories } of CHAPTERS) {
      if (quick && bar !== 4) continue
      const chapter = []
      for (const [host, machine] of machines)
        for (const story of stories.filter(({ ends }) => ends[host]))
          chapter.push(await tell(host, machine, vcpu, file, bar, story))
      console.log(`${title}\n`)
      printTable(HEADING, chapter.map(cellsOf))
      rows.push(...chapter)
    }
    const allocated = [...machines.values()].reduce((sum, machine) => sum + machine.allocatedBytes, 0)
    console.log(`  BAR 4 is 128 GiB, on each of ${machines.size} hosts. A region's memory may be several RAM blocks, laid end to end: SparseRam makes it
  of 64 blocks of 2 GiB, each allocated when it is first accessed. These guests use both sides of the last border between
  two: ${allocated / GIB} GiB of address space in all, and of that the pages they touched. This process has
  ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB of memory.
`)
  } finally {
    await vcpu.terminate()
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
  return rows
}

async function tell(host, machine, vcpu, file, bar, { disk, told, believed = told, policy, ends }) {
  const carry = CARRIES[disk] ?? 'map'
  const seen = await machine.run(vcpu, file, { bar, told, believed, policy, carry })
  const bytes = requests(bar)
    .slice(1)
    .flatMap(({ segments }) => segments)
    .reduce((sum, { length }) => sum + length, 0)
  return { bar, host, told, policy, disk, ends: ends[host], ...seen, right: isAsTold(ends[host], seen, bytes) }
}

function cellsOf(row) {
  const { host, told = 'nothing', policy, disk, widths, hazards, right } = row
  const windows = [row.directBytes, row.bouncedBytes, row.mapFailures]
  const accesses = [widths[1], widths[2], widths[4], widths[8], row.kernelBytes]
  const outcome = `${row.frozen ? 'FROZEN' : hazards.length > 0 ? 'WRONG DATA' : 'done'}${right ? '' : ', UNEXPECTED'}`
  return [host, told, policy, disk, ...windows, ...accesses, row.faults, hazards.length, outcome]
}

function startVcpu() {
  return new Worker(new URL('./guest.mjs', import.meta.url))
}
