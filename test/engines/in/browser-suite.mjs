import { canCompile } from '../smoke/ram.mjs'
import { aboutHost, smoke } from '../smoke.mjs'

function start(message) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./page-thread.mjs', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }) => {
      resolve(data)
      worker.terminate()
    }
    worker.onerror = event => reject(new Error(event.message))
    worker.postMessage(message)
  })
}

/** Nobody may look at a global by this name from here on. */
function forbid(name) {
  const get = () => {
    throw new Error(`${name} was looked at`)
  }
  Object.defineProperty(globalThis, name, { configurable: true, get })
}

/**
 * The suite on a page's main thread or in a Worker, which starts its threads itself either way.
 *
 * @param should What the page should be: `isolated`, and whether it `compiles` WebAssembly.
 */
export async function suite(module, should) {
  const is = { isolated: globalThis.crossOriginIsolated, compiles: canCompile() }
  for (const [what, value] of Object.entries(is))
    if (value !== should[what]) throw new Error(`the page should have been ${what}: ${should[what]}`)
  if (!should.isolated) forbid('SharedArrayBuffer')
  const guestmem = await import(module)
  const { shared } = guestmem.GuestRam.allocate(8)
  if (shared !== should.isolated) throw new Error(`guest RAM should have been shared: ${should.isolated}`)
  const beside = name => module.replace(/index(?=\.js$)/, name)
  const door = beside('threads')
  const result = await smoke(guestmem, {
    spawn: handle => start({ module, handle }),
    door: await import(door),
    snapshot: await import(beside('snapshot')),
    member: handle => start({ module, door, handle }),
  })
  return { ...result, ...aboutHost(guestmem) }
}
