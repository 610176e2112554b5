"""Each attack that was tried on the page, played again, and the test that holds it.

The attacks have the numbers under which they were first demonstrated. A test
without a module's name before it is in the module of the line above. Those that
cost the server something are played beside two ordinary visitors (`bystanders`),
who measure by their own clock, first in peace and then during the attack, while
`resources` watches memory, threads, descriptors, processes and files.

====  =======================================  ==================================================
 No.  Attack                                   Held by
====  =======================================  ==================================================
   1  A flood over one WebSocket               test_sockets.test_a_flood_of_messages
      Sockets that never read                  test_sockets_that_never_read
   2  PDF that are endless to read             test_documents.test_bombs
   3  An import that holds the writer          test_database_writer.test_an_import
   4  Forgetting it for good                   test_forgetting_it_for_good
   5  The same import, PostgreSQL              test_an_import_into_postgresql
   6  99 MB of nothing, one and many           test_uploads.test_a_file_of_nothing,
                                               test_many_files_of_nothing
   7  Uploads that are never used              test_uploads_that_are_never_used,
                                               test_many_who_upload
   8  All places for answers are taken         test_answers.test_all_places_are_taken
   9  A balance that drips                     test_a_balance_that_drips
  10  A planted identity                       test_identity.test_a_made_up_identity_is_replaced,
                                               test_behind_https_only_the_host_itself_sets_it,
                                               test_a_cookie_of_another_port
  11  A session joined by its id               test_a_live_session_of_another,
                                               test_a_session_of_one_who_left
  12  A redirect to a host that is the code    tests.client.test_error_mapping,
                                               tests.client.test_transport
  13  Words of an error with the code          tests.client.test_error_mapping,
                                               tests.client.test_client
                                               .test_the_code_shows_nowhere
  14  The answer says the code                 (not held: README says so)
  15  A full disk                              test_database_writer.test_a_full_disk,
                                               tests.test_database_faults.test_a_full_disk
  16  SQLite locked by another program         test_a_lock_of_another_program
  17  PostgreSQL shut down                     test_a_postgresql_that_was_shut_down,
                                               tests.test_database_faults
                                               .test_a_postgresql_that_is_killed
  18  kill -9 with answers running             tests.test_database_faults
                                               .test_killed_in_the_middle_of_a_write,
                                               test_kills.test_killed_in_an_attack
  19  SIGTERM with answers running             tests.test_database_faults
                                               .test_told_to_stop_in_the_middle
  20  A storm of refreshes                     test_sockets.test_a_storm_of_refreshes
  21  kill -9 in an import                     test_kills.test_killed_in_an_import
  22  kill -9 in backup and upgrade            tests.backup.test_resume.test_killed_and_run_again,
                                               test_kills.test_killed_in_an_upgrade
  23  A damaged backup restored                test_a_damaged_backup
  24  Hostile answers, in each form            test_answers.test_hostile_answers,
                                               tests.client.test_response_limits,
                                               tests.test_service_faults
  25  Pathological Markdown                    test_pathological_markdown,
                                               tests.ui.markdown.test_safe
                                               .test_cost_grows_with_the_text
  26  A balance of odd values                  tests.client.test_client
                                               tests.test_fuzz.test_a_balance
  27  A hostile answer in a browser            tests.browser.test_transcript
                                               .test_nothing_is_loaded_from_elsewhere,
                                               tests.ui.markdown.test_safe
  28  Guesses                                  test_input.test_anothers_chat_and_identity,
                                               test_a_guessed_export
  29  Commands of a developer                  test_http.test_commands_of_a_developer
  30  Large and odd addresses                  test_large_addresses,
                                               test_addresses_that_are_none
  31  Hosts and origins                        tests.ui.asgi.test_security_middleware
  32  Headers                                  tests.ui.asgi.test_security_middleware.test_headers,
                                               test_http.test_two_proxies_that_speak_https
  33  Open endpoints, paths                    test_metrics_are_shut, test_exports_are_private,
                                               test_an_upload_of_another_site,
                                               test_no_address_leads_away,
                                               test_input.test_no_file_is_given_away
  34  A marked code and identity               tests.test_secrets
  35  300 open pages                           test_sockets.test_many_open_pages
====  =======================================  ==================================================
"""
