import { tell } from '../smoke/tell.mjs'
import { suite } from './browser-suite.mjs'

addEventListener('message', async ({ data: { module, should } }) => {
  try {
    postMessage(await suite(module, should))
  } catch (error) {
    postMessage({ checks: 1, failures: [tell(error)] })
  }
})
