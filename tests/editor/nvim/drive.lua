-- Edits org/roles.src.yml, and ends Neovim with 0 if all that the language client shows is as expected.

local failed = 0

local function check(what, is_right, found)
  io.stdout:write((is_right and 'ok      ' or 'FAILED  ') .. what .. '\n')
  if not is_right then
    failed = failed + 1
    io.stdout:write('        found ' .. vim.inspect(found) .. '\n')
  end
end

-- Waits for the first value that is neither nil nor false.
local function await(get)
  local found
  vim.wait(60000, function()
    found = get()
    return found
  end, 20)
  return found
end

local function line_of(text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local at = line:find(text, 1, true)
    if at then
      return number, at - 1
    end
  end
  error('no line has ' .. text)
end

local function replace(old, new)
  local number, at = line_of(old)
  vim.api.nvim_buf_set_text(0, number - 1, at, number - 1, at + #old, { new })
end

-- Puts the cursor on the last character of a text.
local function go(text)
  local number, at = line_of(text)
  vim.api.nvim_win_set_cursor(0, { number, at + #text - 1 })
end

local function ask(method, params)
  local answers, problem = vim.lsp.buf_request_sync(0, method, params, 60000)
  for _, answer in pairs(answers or {}) do
    return answer.result
  end
  error(method .. ': ' .. tostring(problem))
end

local function position()
  return vim.lsp.util.make_position_params(0, 'utf-16')
end

local function diagnostics(code)
  return vim.tbl_filter(function(one)
    return one.code == code
  end, vim.diagnostic.get(0))
end

local function run()
  vim.cmd('edit org/roles.src.yml')
  local template = vim.api.nvim_get_current_buf()
  local client = await(function()
    local _, first = next(vim.lsp.buf_get_clients(0))
    return first
  end)
  check('the settings of the page start the server', client and client.name == 'deploy-roles', client)

  -- The autocommand of the page has asked for the lines, as it does again after each save.
  local lens = await(function()
    return vim.lsp.codelens.get(template)[1]
  end)
  local title = lens and lens.command.title
  local wanted = '20 resources in 4 accounts · no new access since origin/main · nothing refused'
  check('the line over the first macro', title == wanted, title)
  check('is over it', lens and lens.range.start.line == line_of('Bookshop:') - 1, lens)

  replace('dev: !Ref DevAccount', 'dev: !Ref DevAcount')
  local problem = await(function()
    return diagnostics('unknown-account')[1]
  end)
  local number, at = line_of('!Ref DevAcount')
  local place = problem and { problem.lnum, problem.col, problem.end_col }
  check('a problem of the unsaved text', problem, vim.diagnostic.get(0))
  check('is where it is', vim.deep_equal(place, { number - 1, at, at + 14 }), place)

  go('DevAcount')
  local range = vim.lsp.util.make_range_params(0, 'utf-16')
  range.context = { diagnostics = {} }
  local action = ask('textDocument/codeAction', range)[1]
  check('a quick fix', action and action.title == 'Replace with `DevAccount`', action)
  vim.lsp.util.apply_workspace_edit(action.edit, 'utf-16')
  local line = vim.api.nvim_get_current_line()
  check('that puts the name right', line == '      dev: !Ref DevAccount', line)
  check('no problem is left', await(function()
    return #vim.diagnostic.get(0) == 0
  end), vim.diagnostic.get(0))

  go('      dev')
  local hover = ask('textDocument/hover', position())
  local text = hover and hover.contents.value or ''
  check('a stage says which accounts it selects', text:find('`DevAccount` 012345678901', 1, true), text)

  go('ToolsAccount: !Ref')
  local place = position()
  place.position.character = place.position.character + 2
  local items = vim.lsp.util.text_document_completion_list_to_complete_items(ask('textDocument/completion', place), '')
  local words = vim.tbl_map(function(item)
    return item.word
  end, items)
  check('accounts are completed', vim.tbl_contains(words, 'SandboxAccount'), words)

  go('staging: !Ref StagingAccount')
  vim.lsp.buf.definition()
  local there = await(function()
    return vim.api.nvim_buf_get_name(0):match('organization.yml$')
  end)
  check('the definition of an account', there, vim.api.nvim_buf_get_name(0))
  local line = vim.api.nvim_get_current_line()
  check('is its key', line == '  StagingAccount:', line)

  -- The organization is changed, and not saved.
  await(function()
    return next(vim.lsp.buf_get_clients(0)) ~= nil
  end)
  replace('  StagingAccount:', '  StageAccount:')
  replace('!Ref StagingAccount', '!Ref StageAccount')
  vim.cmd('buffer ' .. template)
  check('the unsaved organization counts', await(function()
    return diagnostics('unknown-account')[1]
  end), vim.diagnostic.get(0))
  replace('staging: !Ref StagingAccount', 'staging: !Ref StageAccount')
  check('in both directions', await(function()
    return #vim.diagnostic.get(0) == 0
  end), vim.diagnostic.get(0))

  vim.cmd('silent wall')
  local title = await(function()
    local lens = vim.lsp.codelens.get(template)[1]
    return lens and lens.command.title ~= wanted and lens.command.title
  end)
  check('the line is worked out again after a save', title and title:find('since origin/main', 1, true), title)

  vim.lsp.stop_client(client.id)
  check('the server ends when it is asked to', await(function()
    return client.is_stopped()
  end))
end

local is_done, problem = pcall(run)
if not is_done then
  check('all steps', false, problem)
end
vim.cmd(failed == 0 and 'qa!' or 'cquit 1')
