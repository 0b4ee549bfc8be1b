error({ code = 5, reason = "no tea" })
