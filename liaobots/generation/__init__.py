"""Answers being written by threads of the server, independently of any page. No HTTP.

manager          `AnswerManager`: start, follow, stop and continue answers
checkpointer     `Checkpointer`: store the live answers twice a second, and when they end
worker           `AnswerWorker`: write one answer, with the fallback model if the first fails
live_answer      `LiveAnswer`: the text of one answer in memory, for those who follow it
backend          `Backend`: how a worker reaches the service
context_window   estimate tokens, and trim the history to a model's context window
continuation     `OverlapRemover`: join a continued answer to the text before it
balance          `BalanceTracker`: the balance of an auth code, and what each answer cost
account_readers  `AccountReaders`: a few threads that read balances and lists of models
rate_limit       `RateLimiter`: how many answers a visitor, an address and the server may have
waiting_chats    `WaitingChats`: chats kept in memory until the database can be written
"""
