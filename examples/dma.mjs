// A DMA engine whose driver polls from another thread.

import { runDma } from './devices/dma-run.mjs'
import { printTable } from './table.mjs'

const { transfers, early } = await runDma(1000)
printTable(['transfers by a DMA engine', 'seen done before all bytes were there'], [[transfers, early]])
if (transfers === 0 || early > 0) process.exitCode = 1
