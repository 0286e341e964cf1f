import { tell } from '../smoke/tell.mjs'
import { suite } from './browser-suite.mjs'

addEventListener('message', async ({ data: { module, isolated } }) => {
  try {
    postMessage(await suite(module, isolated))
  } catch (error) {
    postMessage({ checks: 1, failures: [tell(error)] })
  }
})
