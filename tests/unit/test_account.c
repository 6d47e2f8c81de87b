/* What platforms say of the account that asks: read, and what they say where they refuse. */
#include "scraper/account.h"
#include "tests/support/test.h"

static lg_err err;
static lg_arena arena;
static scrape_account account;

static lg_status take(scrape_about about, const char *json)
{
    err = (lg_err){0};
    lg_arena_release(&arena);
    lg_arena_init(&arena, 1 << 20);
    scrape_account_init(&account);
    return scrape_account_read(about, json, strlen(json), &arena, &account, &err);
}

TEST(questions)
{
    scrape_request request;
    CHECK(scrape_account_request("twitter", SCRAPE_WHO, &request));
    CHECK_STR(request.path, "/2/users/me");
    CHECK(request.params == 1 && strcmp(request.param[0].name, "user.fields") == 0);
    CHECK(scrape_account_request("facebook", SCRAPE_MAY, &request));
    CHECK_STR(request.path, "/v23.0/me/permissions");
    CHECK(!scrape_account_request("bluesky", SCRAPE_MAY, &request));
    CHECK(!scrape_account_request("azure", SCRAPE_WHO, &request));
}

TEST(who_it_is)
{
    CHECK_OK(take(SCRAPE_WHO, "{\"data\":{\"id\":\"7\",\"username\":\"shop\",\"name\":\"Shop\"}}"));
    CHECK_STR(account.handle, "shop");
    CHECK_STR(account.name, "Shop");
    CHECK_OK(take(SCRAPE_WHO, "{\"did\":\"did:plc:1\",\"handle\":\"shop.test\",\"email\":\"a@b.c\"}"));
    CHECK_STR(account.id, "did:plc:1");
    CHECK_STR(account.handle, "shop.test");
    CHECK(!account.name);
    CHECK_OK(take(SCRAPE_WHO, "{\"id\":117,\"acct\":\"shop\",\"display_name\":\"\"}"));
    CHECK_STR(account.id, "117");
    CHECK_STR(account.handle, "shop");
    CHECK(!account.name);
    CHECK_INT(take(SCRAPE_WHO, "{\"data\":{\"id\":null}}"), LG_E_FORMAT);
    CHECK_INT(err.code, 721);
    CHECK_INT(take(SCRAPE_WHO, "[1]"), LG_E_FORMAT);
    CHECK_INT(take(SCRAPE_WHO, "<html>"), LG_E_FORMAT);
    CHECK_INT(err.code, 720);
}

TEST(what_is_used)
{
    CHECK_OK(take(SCRAPE_USED, "{\"data\":{\"project_cap\":\"2000000\",\"project_usage\":12,\"cap_reset_day\":31}}"));
    CHECK(account.cap == 2000000 && account.used == 12 && account.reset_day == 31);
    CHECK_OK(take(SCRAPE_USED, "{\"data\":{\"project_cap\":\"a lot\",\"project_usage\":-5,\"cap_reset_day\":77}}"));
    CHECK(account.cap == SCRAPE_NOT_GIVEN && account.used == SCRAPE_NOT_GIVEN && account.reset_day == 0);
    CHECK_INT(take(SCRAPE_USED, "{\"data\":[]}"), LG_E_FORMAT);
}

TEST(permissions_and_pages)
{
    CHECK_OK(take(SCRAPE_MAY, "{\"data\":[{\"permission\":\"a\",\"status\":\"granted\"},{\"permission\":\"b\","
                              "\"status\":\"declined\"},{\"permission\":7},{\"permission\":\"c\"},null]}"));
    CHECK(account.grants == 1 && account.denials == 3);
    CHECK_STR(account.grant[0], "a");
    lg_buf many;
    lg_buf_init(&many, 1 << 16);
    lg_buf_adds(&many, "{\"data\":[");
    for (int i = 0; i < 200; i++) lg_buf_addf(&many, "{\"permission\":\"p%d\",\"status\":\"granted\"},", i);
    lg_buf_adds(&many, "{}]}");
    CHECK_OK(take(SCRAPE_MAY, lg_buf_str(&many)));
    CHECK_INT(account.grants, SCRAPE_GRANTS_MOST);
    lg_buf_release(&many);
    CHECK_OK(take(SCRAPE_PAGES, "{\"data\":[{\"name\":\"None\"},{\"name\":\"The Page\",\"instagram_business_account\":"
                                "{\"id\":\"178\",\"username\":\"shop\"}}]}"));
    CHECK_STR(account.tied_id, "178");
    CHECK_STR(account.page, "The Page");
    CHECK_OK(take(SCRAPE_PAGES, "{\"data\":[]}"));
    CHECK(!account.tied_id);
    CHECK_INT(take(SCRAPE_PAGES, "{\"error\":{}}"), LG_E_FORMAT);
    lg_arena_release(&arena);
}

TEST(refusals_have_words)
{
    static const struct {
        const char *json, *said, *code;
    } known[] = {
        {"{\"errors\":[{\"code\":453,\"message\":\"a subset\"}]}", "a subset", "453"},
        {"{\"title\":\"Unauthorized\",\"detail\":\"No\",\"status\":401}", "No", ""},
        {"{\"error\":{\"message\":\"expired\",\"code\":190}}", "expired", "190"},
        {"{\"error\":\"ExpiredToken\",\"message\":\"Token has expired\"}", "Token has expired", "ExpiredToken"},
        {"{\"error\":\"The access token is invalid\"}", "The access token is invalid", ""},
        {"<html>", "", ""},
        {"[]", "", ""},
        {"{\"message\":\"a\\u0007\\u202eb\"}", "a????b", ""},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char said[300], code[40];
        scrape_account_refusal(known[i].json, strlen(known[i].json), said, code);
        CHECK_STR(said, known[i].said);
        CHECK_STR(code, known[i].code);
    }
}
