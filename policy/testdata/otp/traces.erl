#!/usr/bin/env escript
%%! +S 1

%% Plays programs on OTP's own supervisor. It reads one program a line and
%% answers each with one line, its trace. The language of both is described in
%% tree/otp_program_test.go; what is compared with what, in tree/otp_test.go.
%% golden.gz has programs with the traces that this made of them.
%%
%% One process per program, the driver, is the parent of the root supervisor.
%% After each step it waits until the whole tree is calm: each child that is
%% listed is alive, and nobody is waiting to be restarted.

-module(traces).
-mode(compile).
-behaviour(supervisor).
-export([main/1, init/1, start/1, worker/2, log/2]).

main(_) ->
    ets:new(stage, [named_table, public]),
    ets:new(said, [named_table, public, ordered_set]),
    ok = logger:remove_handler(default),
    ok = logger:set_primary_config(level, error),
    ok = logger:add_handler(giving_up, ?MODULE, #{}),
    process_flag(trap_exit, true),
    lines().

lines() ->
    case io:get_line("") of
        eof -> ok;
        Line ->
            io:put_chars([play(string:trim(Line)), $\n]),
            lines()
    end.

play(Text) ->
    ets:delete_all_objects(stage),
    ets:delete_all_objects(said),
    [Head | Steps] = string:split(Text, " ; ", all),
    {Root, []} = sup("R", permanent, false, words(Head)),
    owns(none, [Root]),
    Parsed = [step(words(S)) || S <- Steps],
    [owns(Boss, [Node]) || {add, Boss, Node} <- Parsed],
    steps(Root, none, Parsed),
    lists:join(" ", [W || {_, W} <- ets:tab2list(said)]).

words(Text) -> string:lexemes(Text, " ").

%% owns notes who is whose supervisor.
owns(Boss, Nodes) ->
    lists:foreach(fun(#{name := Name} = Node) ->
                      ets:insert(stage, {{boss, Name}, Boss}),
                      owns(Name, maps:get(kids, Node, []))
                  end, Nodes).

%% The text of a program.

sup(Name, Restart, Significant, [Strategy, Restarts, Auto, "[" | Rest]) ->
    {Kids, Left} = kids(Rest, []),
    {#{name => Name, restart => Restart, significant => Significant, kids => Kids,
       flags => #{strategy => strategy(Strategy), intensity => list_to_integer(Restarts),
                  period => 86400, auto_shutdown => auto(Auto)}}, Left}.

kids(["]" | Rest], Kids) -> {lists:reverse(Kids), Rest};
kids(Words, Kids) ->
    {Kid, Rest} = kid(Words),
    kids(Rest, [Kid | Kids]).

kid([Name, Restart, "sig" | Rest]) -> kid(Name, restart(Restart), true, Rest);
kid([Name, Restart | Rest]) -> kid(Name, restart(Restart), false, Rest).

kid([C | _] = Name, Restart, Significant, Rest) when C >= $A, C =< $Z ->
    sup(Name, Restart, Significant, Rest);
kid(Name, Restart, Significant, Rest) ->
    {#{name => Name, restart => Restart, significant => Significant}, Rest}.

strategy("one") -> one_for_one;
strategy("rest") -> rest_for_one;
strategy("all") -> one_for_all.

restart("perm") -> permanent;
restart("trans") -> transient;
restart("temp") -> temporary.

auto("never") -> never;
auto("any") -> any_significant;
auto("all") -> all_significant.

step(["add", Boss | Words]) ->
    {Node, []} = kid(Words),
    {add, Boss, Node};
step([Do | Args]) -> {list_to_atom(Do), Args}.

%% Steps. Those that only prepare something leave no trace.

steps(_Root, Pid, []) -> finish(Pid);
steps(Root, Pid, [{Do, [Name, N]} | Rest]) when Do =:= fail; Do =:= ignore ->
    Plan = value({plan, Name}, []) ++ lists:duplicate(list_to_integer(N), Do),
    ets:insert(stage, {{plan, Name}, Plan}),
    steps(Root, Pid, Rest);
steps(Root, Pid, [{Do, [Name | Targets]} | Rest]) when Do =:= onstart; Do =:= onstop ->
    ets:insert(stage, {{Do, Name}, Targets}),
    steps(Root, Pid, Rest);
steps(Root, Pid, [{dying, [Name, Kind]} | Rest]) ->
    ets:insert(stage, {{dying, Name}, list_to_atom(Kind)}),
    steps(Root, Pid, Rest);
steps(Root, none, [{boot, []} | Rest]) ->
    say(";"),
    case start(Root) of
        {ok, Pid} -> next(Root, Pid, ok, Rest);
        {error, _} -> say("R=unbooted")
    end;
steps(Root, Pid, [Step | Rest]) ->
    say(";"),
    next(Root, Pid, act(Step), Rest).

%% next goes on when the tree is calm, unless its root has ended.
next(Root, Pid, Result, Rest) ->
    Calm = settle(Pid),
    say(["=", atom_to_list(Result)]),
    ets:match_delete(stage, {{onstart, '_'}, '_'}),
    ets:match_delete(stage, {{onstop, '_'}, '_'}),
    case Calm of
        calm -> steps(Root, Pid, Rest);
        gone ->
            receive
                {'EXIT', Pid, shutdown} ->
                    say(value({ended, "R"}, "R=auto"));
                {'EXIT', Pid, _} -> say("R=crashed")
            end
    end.

act({exit, [Name, Kind]}) ->
    case {alive(Name), Name} of
        {none, _} -> down;
        {Pid, [C | _]} when C >= $A, C =< $Z ->
            gen_server:stop(Pid, list_to_atom(Kind), infinity),
            ok;
        {Pid, _} ->
            Mon = monitor(process, Pid),
            Pid ! {leave, list_to_atom(Kind)},
            receive {'DOWN', Mon, process, Pid, _} -> ok end
    end;
act({add, Boss, Node}) ->
    ask(Boss, fun(Sup) -> supervisor:start_child(Sup, spec(Node)) end);
act({stop, [Name]}) ->
    ask(boss(Name), fun(Sup) -> supervisor:terminate_child(Sup, Name) end);
act({restart, [Name]}) ->
    ask(boss(Name), fun(Sup) -> supervisor:restart_child(Sup, Name) end);
act({delete, [Name]}) ->
    ask(boss(Name), fun(Sup) -> supervisor:delete_child(Sup, Name) end).

ask(Boss, Call) ->
    case alive(Boss) of
        none -> gone;
        Pid -> result(Call(Pid))
    end.

result(ok) -> ok;
result({ok, _}) -> ok;
result({error, not_found}) -> unknown;
result({error, running}) -> running;
result({error, already_present}) -> taken;
result({error, {already_started, _}}) -> taken;
result({error, _}) -> failed.

finish(none) -> ok;
finish(Pid) ->
    say(";"),
    say(slots(Pid)),
    exit(Pid, shutdown),
    receive {'EXIT', Pid, _} -> say("R=halt") end.

slots(Sup) ->
    ["[", lists:join(" ", [slot(Kid) || Kid <- lists:reverse(supervisor:which_children(Sup))]), "]"].

slot({Name, undefined, _, _}) -> [Name, "-"];
slot({Name, Pid, supervisor, _}) -> [Name, "+", slots(Pid)];
slot({Name, _, worker, _}) -> [Name, "+"].

%% Children. A worker's start function decides within the supervisor whether it
%% succeeds. That of a nested supervisor returns when its tree is calm: else what
%% is left to do there would run beside whatever its own supervisor does next.

spec(#{name := Name, restart := Restart, significant := Significant} = Node) ->
    Type = case Node of #{kids := _} -> supervisor; _ -> worker end,
    #{id => Name, start => {?MODULE, start, [Node]}, restart => Restart,
      significant => Significant, type => Type, shutdown => infinity}.

start(#{name := Name, kids := Kids, flags := Flags}) ->
    say([Name, integer_to_list(count(Name))]),
    case supervisor:start_link(?MODULE, {Name, Flags, Kids}) of
        {ok, Pid} ->
            settle(Pid) =:= calm orelse await_exit(self(), Pid),
            {ok, Pid};
        Error -> Error
    end;
start(#{name := Name}) ->
    N = count(Name),
    Plan = value({plan, Name}, []),
    ets:insert(stage, {{plan, Name}, lists:nthtail(min(1, length(Plan)), Plan)}),
    case Plan of
        [] -> say([Name, integer_to_list(N)]);
        [fail | _] -> say([Name, integer_to_list(N), "!"]);
        [ignore | _] -> say([Name, integer_to_list(N), "~"])
    end,
    hook(onstart, Name),
    case Plan of
        [] ->
            Pid = spawn_link(?MODULE, worker, [Name, self()]),
            receive {Pid, up} -> {ok, Pid} end;
        [ignore | _] -> ignore;
        [fail | _] -> fails(N rem 4)
    end.

fails(0) -> {error, crash};
fails(1) -> exit(crash);
fails(2) -> throw(crash);
fails(3) -> a_bad_return.

init({Name, Flags, Kids}) ->
    ets:insert(stage, [{{pid, Name}, self()}, {{name, self()}, Name}]),
    {ok, {Flags, [spec(Kid) || Kid <- Kids]}}.

worker(Name, Sup) ->
    process_flag(trap_exit, true),
    ets:insert(stage, {{pid, Name}, self()}),
    Sup ! {self(), up},
    receive
        {leave, Kind} -> leave(Kind);
        {'EXIT', Sup, shutdown} ->
            say(["-", Name]),
            hook(onstop, Name),
            say([".", Name]),
            leave(value({dying, Name}, shutdown))
    end.

leave(info) -> exit({shutdown, info});
leave(kill) -> exit(self(), kill);
leave(Kind) -> exit(Kind).

%% hook makes others crash while Name starts or stops. Its supervisor waits for
%% Name; an exit that concerns it must have arrived before this returns.
hook(Point, Name) ->
    [crash(Target, boss(Name)) || {_, Targets} <- ets:take(stage, {Point, Name}), Target <- Targets].

crash(Target, Boss) ->
    case alive(Target) of
        none -> ok;
        Pid ->
            say(["*", Target]),
            Mon = monitor(process, Pid),
            Pid ! {leave, crash},
            receive {'DOWN', Mon, process, Pid, _} -> ok end,
            below(boss(Target), Pid, Boss)
    end.

%% below waits until the end of Pid, a child of Sup, is answered below Boss.
below(Boss, Pid, Boss) -> await_exit(value({pid, Boss}, none), Pid);
below(Sup, _Pid, Boss) ->
    case boss(Sup) of
        Boss ->
            SupPid = value({pid, Sup}, none),
            settle(SupPid) =:= calm orelse await_exit(value({pid, Boss}, none), SupPid);
        Above -> below(Above, none, Boss)
    end.

await_exit(Boss, Pid) ->
    {messages, List} = process_info(Boss, messages),
    case lists:any(fun({'EXIT', P, _}) -> P =:= Pid; (_) -> false end, List) of
        true -> ok;
        false ->
            erlang:yield(),
            await_exit(Boss, Pid)
    end.

settle(Sup) ->
    case calm(Sup) of
        true -> calm;
        gone -> gone;
        false ->
            erlang:yield(),
            settle(Sup)
    end.

calm(Sup) ->
    try supervisor:which_children(Sup) of
        Kids -> lists:all(fun calm_child/1, Kids)
    catch
        exit:_ -> gone
    end.

calm_child({_, undefined, _, _}) -> true;
calm_child({_, restarting, _, _}) -> false;
calm_child({_, Pid, worker, _}) -> is_process_alive(Pid);
calm_child({_, Pid, supervisor, _}) -> calm(Pid) =:= true.

%% The stage: what is known of names, and what has been said.

alive(Name) ->
    Pid = value({pid, Name}, none),
    case is_pid(Pid) andalso is_process_alive(Pid) of
        true -> Pid;
        false -> none
    end.

boss(Name) -> value({boss, Name}, none).

value(Key, Default) ->
    case ets:lookup(stage, Key) of
        [{_, Value}] -> Value;
        [] -> Default
    end.

count(Name) -> ets:update_counter(stage, {starts, Name}, 1, {{starts, Name}, 0}).

say(Word) ->
    ets:insert(said, {ets:info(said, size), Word}),
    ok.

%% log is the handler of OTP's log. A supervisor that gives up says so nowhere
%% else, and it says so before it stops anybody.
log(#{msg := {report, #{label := {supervisor, shutdown}, report := Report}}}, _) ->
    reached_max_restart_intensity = proplists:get_value(reason, Report),
    Name = value({name, self()}, none),
    ets:insert(stage, {{ended, Name}, [Name, "=gaveup"]}),
    say([Name, "^"]);
log(_, _) -> ok.
