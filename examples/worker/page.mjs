import { run, tell } from './main.mjs'

document.getElementById('result').textContent = tell(await run())
