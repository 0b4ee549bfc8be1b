JSON.stringify({ Agent })
