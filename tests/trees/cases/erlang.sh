# packages: erlang-base
# limit: 180
cat > t.erl <<'X'
-module(t). -export([main/0, fib/1]).
fib(N) when N < 2 -> N; fib(N) -> fib(N - 1) + fib(N - 2).
main() -> io:format("~p ~p~n", [fib(24), lists:sum([X * X || X <- lists:seq(1, 10000), X rem 3 == 0])]), S = self(),
  [spawn(fun() -> S ! {I, fib(15)} end) || I <- lists:seq(1, 100)], io:format("~p~n", [lists:sum([receive {I, V} -> I + V end || I <- lists:seq(1, 100)])]),
  io:format("~p ~p ~p~n", [catch 1 / 0 =:= x, 1 bsl 200, math:sin(1.0)]), M = lists:foldl(fun(I, A) -> maps:update_with(I rem 17, fun(V) -> V + I end, I, A) end, #{}, lists:seq(1, 50000)), io:format("~p~n", [maps:to_list(M)]),
  {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}]), {ok, P} = inet:port(L), spawn(fun() -> {ok, C} = gen_tcp:connect({127, 0, 0, 1}, P, [binary]), gen_tcp:send(C, <<"hello">>), gen_tcp:close(C) end), {ok, A} = gen_tcp:accept(L), io:format("~p~n", [gen_tcp:recv(A, 0)]),
  io:format("~s ~p ~p~n", [os:cmd("echo child"), erlang:md5(<<"x">>), re:run("ab12", "[0-9]+", [{capture, all, list}])]), <<A1:4, B1:12>> = <<16#abcd:16>>, io:format("~p ~p ~p~n", [A1, B1, <<1.5/float>>]), garbage_collect(), halt().
X
erlc t.erl && erl -noshell -s t main; echo $?
