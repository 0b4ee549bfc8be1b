local function price(item)
  return item.price * 2
end

local total = price({ name = "tea" })
print(total)
