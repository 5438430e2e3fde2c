// How the pages are bundled: plain files that any node serves under a strict Content-Security-Policy.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // The policy allows no inline style or script, and every supported browser preloads modules itself.
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
})
