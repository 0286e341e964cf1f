// The ordered copies against what is used in their place today, on the same bytes.
import { GuestRam, ramCopy, ramMove } from 'guestmem'
import { memoryCopy } from './memory-copy.mjs'

const MIB = 2 ** 20
const ALIGNS = [
  ['aligned', 0, 0],
  ['dst + 1', 1, 0],
  ['src + 1', 0, 1],
  ['both + 3', 3, 3],
]
const SPAN = 8 * MIB + 8192

/** A board of one guest RAM: a block to copy from, one to copy to, and a user's buffer. */
function bench(order) {
  const ram = GuestRam.allocate(4 * SPAN, { order })
  const dst = ram.block('dst', 2 * SPAN)
  const src = ram.block('src', SPAN)
  const user = new Uint8Array(SPAN)
  for (let i = 0; i < SPAN; i++) user[i] = (i * 31) ^ (i >> 8)
  ramCopy(src, 0, user, 0, SPAN)
  ramCopy(dst, 0, user, 0, SPAN)
  return { ram, dst, src, user, bytes: new Uint8Array(ram.buffer) }
}

function each(name, rival, sizes, make) {
  return sizes.flatMap(bytes =>
    ALIGNS.map(([align, d, s]) => ({ case: name, bytes, align, rival, ...make(bytes, d, s) })),
  )
}

const SET = 'Uint8Array.set'
const READY = 'Uint8Array.set of a ready view'

/**
 * `set` takes no range of its source, so who copies a part of something makes a view of it first: that is the rival. The
 * second rival is given its view ready made, as only who copies the same bytes again and again could have it.
 */
function againstSet(name, sizes, make) {
  return [SET, READY].flatMap(rival =>
    each(name, rival, sizes, (n, d, s) => {
      const { ours, set, source, from } = make(n, d, s)
      const view = source.subarray(from, from + n)
      return {
        ours,
        theirs:
          rival === READY
            ? reps => {
                for (let i = 0; i < reps; i++) set(view)
              }
            : reps => {
                for (let i = 0; i < reps; i++) set(source.subarray(from, from + n))
              },
      }
    }),
  )
}

export function ramToRam(sizes) {
  const { dst, src, bytes } = bench('auto')
  return againstSet('ordered, RAM to RAM', sizes, (n, d, s) => {
    const to = dst.offset + d
    return {
      ours: reps => {
        for (let i = 0; i < reps; i++) ramCopy(dst, d, src, s, n)
      },
      set: view => bytes.set(view, to),
      source: bytes,
      from: src.offset + s,
    }
  })
}

export function ramToRamAgainstMemoryCopy(sizes) {
  const { ram, dst, src } = bench('auto')
  const copy = memoryCopy(ram.handle.memory)
  return each('ordered, RAM to RAM', 'memory.copy', sizes, (n, d, s) => {
    const to = dst.offset + d
    const from = src.offset + s
    return {
      ours: reps => {
        for (let i = 0; i < reps; i++) ramCopy(dst, d, src, s, n)
      },
      theirs: reps => {
        for (let i = 0; i < reps; i++) copy(to, from, n)
      },
    }
  })
}

export function userToRam(sizes) {
  const { dst, user, bytes } = bench('auto')
  return againstSet('ordered, user buffer to RAM', sizes, (n, d, s) => {
    const to = dst.offset + d
    return {
      ours: reps => {
        for (let i = 0; i < reps; i++) ramCopy(dst, d, user, s, n)
      },
      set: view => bytes.set(view, to),
      source: user,
      from: s,
    }
  })
}

export function ramToUser(sizes) {
  const { src, user, bytes } = bench('auto')
  return againstSet('ordered, RAM to user buffer', sizes, (n, d, s) => ({
    ours: reps => {
      for (let i = 0; i < reps; i++) ramCopy(user, d, src, s, n)
    },
    set: view => user.set(view, d),
    source: bytes,
    from: src.offset + s,
  }))
}

/** The rival stores 64 bits at a time where both sides are aligned for it, as a careful author would, else bytes. */
export function languageOrder(sizes) {
  const { dst, src, bytes } = bench('language')
  const words = new BigInt64Array(bytes.buffer)
  const copyBytes = (to, from, n) => {
    for (let i = 0; i < n; i++) Atomics.store(bytes, to + i, bytes[from + i])
  }
  const copyWords = (to, from, n) => {
    for (let i = 0; i < n >> 3; i++) Atomics.store(words, (to >> 3) + i, words[(from >> 3) + i])
  }
  const copy = (to, from, n) => {
    const head = Math.min(n, -to & 7)
    const body = (n - head) & ~7
    if (((to ^ from) & 7) !== 0) return copyBytes(to, from, n)
    copyBytes(to, from, head)
    copyWords(to + head, from + head, body)
    copyBytes(to + head + body, from + head + body, n - head - body)
  }
  return each('language order, RAM to RAM', 'Atomics.store on BigInt64Array', sizes, (n, d, s) => ({
    ours: reps => {
      for (let i = 0; i < reps; i++) ramCopy(dst, d, src, s, n)
    },
    theirs: reps => {
      for (let i = 0; i < reps; i++) copy(dst.offset + d, src.offset + s, n)
    },
  }))
}

/** Up by 64 bytes, and up by half the length: the two ways in which scratch is used. */
export function overlapping(sizes) {
  const { dst, bytes } = bench('auto')
  return ['64', 'half'].flatMap(by =>
    each(`overlapping move, up by ${by}`, 'copyWithin', sizes, (n, d, s) => {
      const distance = by === '64' ? 64 : n >> 1
      const from = dst.offset + s
      const to = dst.offset + distance + d
      return {
        ours: reps => {
          for (let i = 0; i < reps; i++) ramMove(dst, distance + d, dst, s, n)
        },
        theirs: reps => {
          for (let i = 0; i < reps; i++) bytes.copyWithin(to, from, from + n)
        },
      }
    }),
  )
}
