local names = { "Ada", "Grace" }
for i, name in ipairs(names) then
  print(name)
end
