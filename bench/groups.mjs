import { accesses } from './accesses.mjs'
import { atomics } from './atomics.mjs'
import { languageOrder, overlapping, ramToRam, ramToRamAgainstMemoryCopy, ramToUser, userToRam } from './copies.mjs'
import { dma } from './dma.mjs'
import { lookups } from './lookups.mjs'
import { packets } from './packets.mjs'
import { pageTables } from './page-table.mjs'
import { privateRam } from './private.mjs'
import { savesAndRestores } from './saves.mjs'
import { scale } from './scale.mjs'
import { snapshots } from './snapshots.mjs'
import { taps } from './taps.mjs'
import { threads } from './threads.mjs'
import { tlb } from './tlb.mjs'

const KIB = 1024
const MIB = 1024 * KIB
const SIZES = [1, 2, 4, 8, 16, 64, 256, KIB, 4 * KIB, 64 * KIB, MIB, 8 * MIB]
const SMOKE_SIZES = [4, 64, 4 * KIB]

/** Two threads' engines have to be warm, and the host's scheduler has to have given each a core: that takes longer. */
const OF_THREADS = { sampleNs: 3e6, warmNs: 5e8 }

/** What is measured together, in one thread. Each gets the sizes from `least` to `most`; `effort` is of the harness. */
export const GROUPS = {
  ramToRam: { pairs: ramToRam, least: 1, most: 8 * MIB },
  memoryCopy: { pairs: ramToRamAgainstMemoryCopy, least: KIB, most: MIB },
  userToRam: { pairs: userToRam, least: 1, most: 8 * MIB },
  ramToUser: { pairs: ramToUser, least: 1, most: 8 * MIB },
  language: { pairs: languageOrder, least: 64, most: 8 * MIB },
  overlapping: { pairs: overlapping, least: 4 * KIB, most: 8 * MIB },
  private: { pairs: privateRam, least: 4, most: 8 * MIB },
  accesses: { pairs: accesses, least: 4, most: 4 },
  atomics: { pairs: atomics, least: 0, most: 0 },
  pageTables: { pairs: pageTables, least: 4, most: 4 },
  dma: { pairs: dma, least: KIB, most: MIB },
  packets: { pairs: (_sizes, smoke) => packets(smoke), least: 0, most: 0 },
  lookups: { pairs: lookups, least: 0, most: 0 },
  tlb: { pairs: tlb, least: 0, most: 0 },
  taps: { pairs: taps, least: 0, most: 0 },
  threads: { pairs: (_sizes, smoke) => threads(smoke), least: 0, most: 0, effort: OF_THREADS },
  scale: { pairs: scale, least: 0, most: 0 },
  snapshots: { pairs: snapshots, least: 0, most: 0 },
  saves: { pairs: (_sizes, smoke) => savesAndRestores(smoke), least: 0, most: 0 },
}

export function pairsOf(name, smoke) {
  const { pairs, least, most } = GROUPS[name]
  return pairs(
    (smoke ? SMOKE_SIZES : SIZES).filter(size => size >= least && size <= most),
    smoke,
  )
}
