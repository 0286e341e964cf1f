// Large machines: what a change of the map costs, and an access among very many ranges. The rival is what ours may take:
// so many nanoseconds, or the same for a tenth of the size, 14 times over, which is n log n and no more.
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'

const MAX_GROWTH = 14
/** A device must not cost more than 2.4 times as much where five times as many are. */
const MAX_GROWTH_5 = 12
const PAGE = 4096
const SPACES = 300
const MASTERS = 255
const MS = 1e6

const ops = { read: () => 0, write: () => undefined }

const row = (name, ours, rival, theirs) => ({ case: name, bytes: 0, align: '', rival, ours, theirs })

/** Each machine is built when its turn comes, and gone after it. */
export function* scale(_sizes, smoke) {
  const counts = smoke ? [1000] : [100, 1000, 10_000, 100_000]
  for (const count of counts) yield renders('flat', count, flat)
  for (const count of counts.filter(each => each >= 1000)) yield renders('20 deep', count, nested)
  yield movedBar(smoke ? 1000 : 10_000)
  const ours = busMasters(MASTERS)
  yield row(`add ${MASTERS} bus masters`, ours, '200 ms', 200 * MS)
  const fifth = busMasters(MASTERS / 5)
  yield row(`add ${MASTERS} bus masters`, ours, `${MAX_GROWTH_5} x ${MASTERS / 5} of them`, reps =>
    fifth(reps * MAX_GROWTH_5),
  )
}

/** `count` regions side by side, each over a larger one of lower priority. */
function flat(count) {
  const root = MemoryRegion.container('system', 2 ** 40)
  MemoryRegion.transaction(() => fill(root, count, 0))
  return root
}

/** As many, in 20 containers one within the other. */
function nested(count) {
  const root = MemoryRegion.container('system', 2 ** 40)
  MemoryRegion.transaction(() => {
    let container = root
    for (let depth = 0; depth < 20; depth++) {
      fill(container, count / 20 - 1, depth * 64)
      const inner = MemoryRegion.container(`bus ${depth}`, 2 ** 40)
      container.addSubregion(0, inner)
      container = inner
    }
  })
  return root
}

function fill(container, count, first) {
  for (let i = 0; i < count; i++) {
    const under = i % 10 === 9
    const name = `region ${first} ${i}`
    const region = MemoryRegion.io(name, ops, under ? 8 * PAGE : PAGE)
    container.addSubregion(first + (i - (under ? 8 : 0)) * 2 * PAGE, region, under ? -1 : 0)
  }
}

/** Renders a tree of `count` regions each time it is called: one of them comes and goes. */
function renderer(count, build) {
  const root = build(count)
  const last = MemoryRegion.io('last', ops, PAGE)
  root.addSubregion(2 ** 39, last)
  const space = new AddressSpace('memory', root)
  return reps => {
    let ranges = 0
    for (let i = 0; i < reps; i++) {
      last.setEnabled(!last.enabled)
      ranges += space.view.ranges.length
    }
    return ranges
  }
}

function renders(how, count, build) {
  const ours = renderer(count, build)
  const tenth = renderer(count / 10, build)
  const theirs = reps => tenth(reps * MAX_GROWTH)
  return row(`render ${count} regions, ${how}`, ours, `${MAX_GROWTH} x ${count / 10} regions`, theirs)
}

/** A space for each bus master: a container, and in it an alias of all of the system that the guest may switch off. */
function busMaster(name, system) {
  const root = MemoryRegion.container(`${name} bus master container`, 2 ** 64)
  const enable = MemoryRegion.alias(`${name} bus master`, system, 0, system.size)
  enable.setEnabled(false)
  root.addSubregion(0, enable)
  const space = new AddressSpace(name, root)
  return { enable, space }
}

function movedBar(count) {
  const system = flat(count)
  const bar = MemoryRegion.io('BAR', ops, PAGE)
  system.addSubregion(2 ** 39, bar, 1)
  const masters = Array.from({ length: SPACES }, (_, i) => busMaster(`master ${i}`, system))
  MemoryRegion.transaction(() => {
    for (const { enable } of masters) enable.setEnabled(true)
  })
  const ours = reps => {
    let ranges = 0
    for (let i = 0; i < reps; i++) {
      bar.setAddress(bar.address === 2 ** 39 ? 2 ** 39 + PAGE : 2 ** 39)
      for (const { space } of masters) ranges += space.view.ranges.length
    }
    return ranges
  }
  return row(`move a BAR seen by ${SPACES} spaces`, ours, '5 ms', 5 * MS)
}

/** A machine to which devices are added one by one, each with a BAR and a space of its own; then all of them look. */
function busMasters(count) {
  const block = GuestRam.allocate(2 ** 20).block('ram', 2 ** 20)
  return reps => {
    let ranges = 0
    for (let i = 0; i < reps; i++) {
      const system = MemoryRegion.container('system', 2 ** 64)
      system.addSubregion(0, MemoryRegion.ram('ram', block))
      const spaces = []
      for (let device = 0; device < count; device++) {
        system.addSubregion(2 ** 32 + device * PAGE, MemoryRegion.io(`BAR ${device}`, ops, PAGE), 1)
        const { enable, space } = busMaster(`device ${device}`, system)
        enable.setEnabled(true)
        spaces.push(space)
      }
      for (const space of spaces) ranges += space.view.ranges.length
    }
    return ranges
  }
}
