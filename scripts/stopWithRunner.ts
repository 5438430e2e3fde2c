// Set-up of every test file: its process ends at once when the test runner is gone, whatever the test is waiting for.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
