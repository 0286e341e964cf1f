import { isThread, type LitmusThread, nodeThread, openModule } from './litmus-thread.ts'
import type { WorkerOption } from './options.ts'
import { PACKED_WORKER } from './packed-worker.ts'

/** A way to start a litmus thread. */
export interface ThreadSource {
  /** For the error's text. */
  readonly name: string
  /** What has to be done before; may reject. */
  prepare?(): Promise<void>
  /** May throw. Does not wait, since a thread that nobody listens to yet may already have sent its first message. */
  open(): LitmusThread
}

/** The package's own file. */
const FILE: ThreadSource = {
  name: 'litmus-worker.js',
  open() {
    // Vite and webpack find this expression by its form: they bundle the file that it names, with all that it imports, and
    // put the bundle's address here. Change nothing of it.
    if (typeof Worker === 'function')
      return new Worker(new URL('./litmus-worker.js', import.meta.url), { type: 'module' })
    // Not in that form: they would copy the file without what it imports.
    const here = import.meta.url
    return nodeThread(new URL('./litmus-worker.js', here))
  },
}

let program = ''
let programAddress: string | undefined

/** The program that is packed into this file: rollup and esbuild leave the package's own behind. */
const PACKED: ThreadSource = {
  name: 'the packed program',
  async prepare() {
    if (program === '') program = await unpack(PACKED_WORKER)
  },
  open() {
    if (typeof Worker !== 'function') return nodeThread(program, { eval: true })
    // Is not revoked: a Worker may load it late, and the next one loads it again.
    programAddress ??= URL.createObjectURL(new Blob([program], { type: 'text/javascript' }))
    return openModule(programAddress)
  },
}

/** @param packed Base64 of gzip. */
async function unpack(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), character => character.charCodeAt(0))
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
}

/** The ways to start a thread, best first. @param worker As the user gave it: then there is no other way. */
export function threadSources(worker: WorkerOption | undefined): readonly ThreadSource[] {
  if (worker === undefined) return PACKED_WORKER === '' ? [FILE] : [FILE, PACKED]
  if (typeof worker !== 'function') {
    const address = typeof worker === 'string' ? worker : worker.href
    return [{ name: address, open: () => openModule(address) }]
  }
  return [
    {
      name: 'options.worker()',
      open() {
        const thread = worker()
        if (isThread(thread)) return thread
        throw new TypeError('it must return a Worker')
      },
    },
  ]
}
