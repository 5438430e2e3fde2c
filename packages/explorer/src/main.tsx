// Starts the pages: takes the operator token out of the address bar, follows the node, draws.
import { createRoot } from 'react-dom/client'
import { restartLive, startLive } from './live.ts'
import { takeToken } from './operatorToken.ts'
import { Shell } from './Shell.tsx'
import './style/tokens.css'
import './style/base.css'
import './style/shell.css'
import './style/page.css'
import './style/rows.css'
import './style/bars.css'
import './style/chart.css'
import './style/forms.css'
import './style/live.css'
import './style/agent.css'
import './style/operation.css'

takeToken()
window.addEventListener('hashchange', () => {
  if (takeToken()) restartLive()
})
startLive()

const element = document.getElementById('root')
if (element === null) throw new Error('index.html has no #root')
const root = createRoot(element, {
  // A fault in drawing is ours: say so, and keep the way back open.
  onUncaughtError: () => {
    queueMicrotask(() => {
      root.render(
        <main className="fault">
          <h1>The page has a fault</h1>
          <p>The ledger is not affected: this is only the window to it.</p>
          <p>
            <a href="/">Load the live page anew</a>
          </p>
        </main>,
      )
    })
  },
})
root.render(<Shell />)
