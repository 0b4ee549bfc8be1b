-- Waiting for what can never come is an error.
-- error: deadlock
Channel.create():receive()
