import { type Kernel, type KernelTier, kernelBytes } from '../../src/ram/kernels/kernel.ts'
import { instrument } from './instrumented.ts'
import { accessesOf } from './logged-views.ts'

export interface Access {
  readonly kind: 'load' | 'store'
  readonly address: number
  readonly width: number
}

/** The bytes that ship, with every access to memory reported before it is made. */
export interface LoggedKernel {
  readonly kernel: Kernel
  /** Runs `body`; gives the accesses that it made, in order. */
  record(body: () => void): Access[]
}

/** The kernels for engines with a single memory: the same text, and any engine can run them. */
export function loggedKernel(tier: KernelTier, pages = 2): LoggedKernel {
  const { kernel, log } = instrument(kernelBytes(tier, 1), { pages })
  return {
    kernel,
    record(body) {
      log.clear()
      body()
      return accessesOf(log)
    },
  }
}
