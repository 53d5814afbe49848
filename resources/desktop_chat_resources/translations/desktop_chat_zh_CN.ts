<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>Banner</name>
    <message>
        <source>Put away</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>trying now…</source>
        <translation>正在重试…</translation>
    </message>
    <message numerus="yes">
        <source>next try in %n s</source>
        <translation>
            <numerusform>%n 秒后重试</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Beginnings</name>
    <message>
        <source>New direct message</source>
        <translation>新建私信</translation>
    </message>
    <message>
        <source>To whom?</source>
        <translation>发给谁？</translation>
    </message>
    <message>
        <source>Nobody here has that name.</source>
        <translation>这里没有叫这个名字的人。</translation>
    </message>
    <message>
        <source>Nobody else is here yet: whoever joins a room with you can be written to.</source>
        <translation>这里还没有别人：与你同在一个房间的人，都可以给对方发私信。</translation>
    </message>
    <message>
        <source>Open rooms</source>
        <translation>公开的房间</translation>
    </message>
    <message>
        <source>Which room?</source>
        <translation>哪个房间？</translation>
    </message>
    <message>
        <source>No open room has that name.</source>
        <translation>没有叫这个名字的公开房间。</translation>
    </message>
    <message>
        <source>You are in every room that is open to all.</source>
        <translation>所有公开的房间你都已加入。</translation>
    </message>
    <message>
        <source>Add to this room</source>
        <translation>添加到此房间</translation>
    </message>
    <message>
        <source>Whom?</source>
        <translation>添加谁？</translation>
    </message>
    <message>
        <source>Every member of this server is in this room.</source>
        <translation>此服务器的所有成员都已在这个房间。</translation>
    </message>
    <message>
        <source>Leave {room}?</source>
        <translation>退出 {room}？</translation>
    </message>
    <message>
        <source>To come back you need an invite, unless the room is open to all.</source>
        <translation>除非房间对所有人开放，否则再次加入需要邀请。</translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>Completion</name>
    <message>
        <source>People to mention</source>
        <translation>可提及的人</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message numerus="yes">
        <source>%Ln byte(s) left</source>
        <translation>
            <numerusform>还可写 %Ln 字节</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln byte(s) too long: a message holds at most {most}. Send it in {parts} parts.</source>
        <translation>
            <numerusform>超出 %Ln 字节：一条消息最多 {most} 字节，请分成 {parts} 条发送。</numerusform>
        </translation>
    </message>
    <message>
        <source>Not pasted: it is far too long, a message holds at most {most} bytes. Paste it in parts.</source>
        <translation>没有粘贴：文字太长，一条消息最多 {most} 字节，请分段粘贴。</translation>
    </message>
    <message>
        <source>Write now, it goes out when the room is back</source>
        <translation>现在就写，房间恢复后自动发出</translation>
    </message>
    <message>
        <source>Message {room}</source>
        <translation>发消息到 {room}</translation>
    </message>
    <message>
        <source>Emoji</source>
        <translation>表情</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
</context>
<context>
    <name>ContactCard</name>
    <message>
        <source>Known as {names}</source>
        <translation>别名：{names}</translation>
    </message>
    <message>
        <source>Back to all contacts</source>
        <translation>返回全部联系人</translation>
    </message>
    <message>
        <source>Your own name for them</source>
        <translation>你给对方起的备注名</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Favourite</source>
        <translation>收藏</translation>
    </message>
    <message>
        <source>Block</source>
        <translation>屏蔽</translation>
    </message>
    <message>
        <source>What they write is hidden here. They are not told.</source>
        <translation>对方写的内容在这里隐藏，对方不会得知。</translation>
    </message>
    <message>
        <source>Send a direct message</source>
        <translation>发私信</translation>
    </message>
</context>
<context>
    <name>ContactsPage</name>
    <message>
        <source>Blocked</source>
        <translation>已屏蔽</translation>
    </message>
    <message>
        <source>Favourite</source>
        <translation>收藏</translation>
    </message>
    <message>
        <source>Contacts</source>
        <translation>联系人</translation>
    </message>
    <message>
        <source>Nobody yet</source>
        <translation>还没有人</translation>
    </message>
    <message>
        <source>Whoever you meet in a room stands here, the same on every server.</source>
        <translation>你在房间里遇到的人都会出现在这里，在每个服务器上都一样。</translation>
    </message>
</context>
<context>
    <name>ConversationHeader</name>
    <message>
        <source>{name} is typing…</source>
        <translation>{name} 正在输入…</translation>
    </message>
    <message numerus="yes">
        <source>%n people are typing…</source>
        <translation>
            <numerusform>%n 人正在输入…</numerusform>
        </translation>
    </message>
    <message>
        <source>Back to the list</source>
        <translation>返回列表</translation>
    </message>
    <message>
        <source>Find in this conversation</source>
        <translation>在此会话中查找</translation>
    </message>
    <message>
        <source>People and details</source>
        <translation>成员与详情</translation>
    </message>
</context>
<context>
    <name>ConversationList</name>
    <message>
        <source>Draft:</source>
        <translation>草稿：</translation>
    </message>
    <message>
        <source>Favourites</source>
        <translation>收藏</translation>
    </message>
    <message>
        <source>A server</source>
        <translation>服务器</translation>
    </message>
    <message>
        <source>No messages yet</source>
        <translation>还没有消息</translation>
    </message>
    <message>
        <source>deleted a message</source>
        <translation>删除了一条消息</translation>
    </message>
    <message>
        <source>a hidden message</source>
        <translation>一条已隐藏的消息</translation>
    </message>
    <message>
        <source>a message of a newer version</source>
        <translation>一条需要新版本才能显示的消息</translation>
    </message>
    <message>
        <source>You: {text}</source>
        <translation>我：{text}</translation>
    </message>
    <message>
        <source>{name}: {text}</source>
        <translation>{name}：{text}</translation>
    </message>
    <message>
        <source>unfolded</source>
        <translation>已展开</translation>
    </message>
    <message>
        <source>Remove from favourites</source>
        <translation>取消收藏</translation>
    </message>
    <message>
        <source>Add to favourites</source>
        <translation>添加到收藏</translation>
    </message>
    <message>
        <source>Unmute</source>
        <translation>取消静音</translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>静音</translation>
    </message>
    <message>
        <source>Leave room…</source>
        <translation>退出房间…</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>会话</translation>
    </message>
    <message numerus="yes">
        <source>%n unread</source>
        <translation>
            <numerusform>%n 条未读</numerusform>
        </translation>
    </message>
    <message>
        <source>you are mentioned</source>
        <translation>有人提到你</translation>
    </message>
    <message>
        <source>Draft: {text}</source>
        <translation>草稿：{text}</translation>
    </message>
    <message numerus="yes">
        <source>%n waiting here</source>
        <translation>
            <numerusform>%n 条在此待发</numerusform>
        </translation>
    </message>
    <message>
        <source>muted</source>
        <translation>已静音</translation>
    </message>
    <message>
        <source>folded</source>
        <translation>已折叠</translation>
    </message>
</context>
<context>
    <name>ConversationPane</name>
    <message numerus="yes">
        <source>%n people</source>
        <translation>
            <numerusform>%n 位成员</numerusform>
        </translation>
    </message>
    <message>
        <source>Direct message · on your own server</source>
        <translation>私信 · 在你自己的服务器上</translation>
    </message>
    <message>
        <source>Direct message · {name}, who hosts, could read it</source>
        <translation>私信 · 房主 {name} 有可能看到</translation>
    </message>
    <message>
        <source>Try now</source>
        <translation>立即重试</translation>
    </message>
    <message>
        <source>Host a room</source>
        <translation>主持房间</translation>
    </message>
    <message>
        <source>{name} removed you from this room</source>
        <translation>{name} 已将你移出此房间</translation>
    </message>
    <message>
        <source>You are no longer in this room</source>
        <translation>你已不在这个房间</translation>
    </message>
    <message>
        <source>An invite brings you back. What you had stays readable here.</source>
        <translation>收到邀请后可以再次进入。已有的内容仍可在这里阅读。</translation>
    </message>
    <message>
        <source>No messages yet</source>
        <translation>还没有消息</translation>
    </message>
    <message>
        <source>Say the first word.</source>
        <translation>来说第一句话吧。</translation>
    </message>
    <message>
        <source>You opened the room</source>
        <translation>你开启了这个房间</translation>
    </message>
    <message>
        <source>Nobody else is here yet. Send somebody the link.</source>
        <translation>这里还没有别人，把链接发给朋友吧。</translation>
    </message>
    <message>
        <source>Copy invite link</source>
        <translation>复制邀请链接</translation>
    </message>
    <message>
        <source>Link copied</source>
        <translation>链接已复制</translation>
    </message>
    <message>
        <source>Delete this message?</source>
        <translation>删除这条消息？</translation>
    </message>
    <message>
        <source>Nobody can read it any more then. Everybody still sees that a message was deleted here.</source>
        <translation>之后谁也看不到它的内容，但大家仍会看到这里删除过一条消息。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>DetailsPane</name>
    <message>
        <source>Invite</source>
        <translation>邀请</translation>
    </message>
    <message>
        <source>Direct message</source>
        <translation>私信</translation>
    </message>
    <message>
        <source>Rename the room</source>
        <translation>给房间改名</translation>
    </message>
    <message>
        <source>Name of the room</source>
        <translation>房间名称</translation>
    </message>
    <message>
        <source>Change the topic</source>
        <translation>修改话题</translation>
    </message>
    <message>
        <source>What is talked about here</source>
        <translation>这里聊什么</translation>
    </message>
    <message>
        <source>Unmute</source>
        <translation>取消静音</translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>静音</translation>
    </message>
    <message>
        <source>Remove from favourites</source>
        <translation>取消收藏</translation>
    </message>
    <message>
        <source>Add to favourites</source>
        <translation>添加到收藏</translation>
    </message>
    <message>
        <source>People</source>
        <translation>成员</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Send a direct message</source>
        <translation>发私信</translation>
    </message>
    <message>
        <source>Name, note, block…</source>
        <translation>备注名、备注、屏蔽…</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Close details</source>
        <translation>关闭详情</translation>
    </message>
    <message>
        <source>Copy an invite link to this room</source>
        <translation>复制此房间的邀请链接</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Add people to this room</source>
        <translation>添加成员到此房间</translation>
    </message>
</context>
<context>
    <name>EmojiPanel</name>
    <message>
        <source>Recent</source>
        <translation>最近使用</translation>
    </message>
    <message>
        <source>Found</source>
        <translation>搜索结果</translation>
    </message>
    <message>
        <source>Smileys and people</source>
        <translation>笑脸与人物</translation>
    </message>
    <message>
        <source>Animals and nature</source>
        <translation>动物与自然</translation>
    </message>
    <message>
        <source>Food and drink</source>
        <translation>食物与饮料</translation>
    </message>
    <message>
        <source>Travel and places</source>
        <translation>旅行与地点</translation>
    </message>
    <message>
        <source>Activities</source>
        <translation>活动</translation>
    </message>
    <message>
        <source>Objects</source>
        <translation>物品</translation>
    </message>
    <message>
        <source>Symbols</source>
        <translation>符号</translation>
    </message>
    <message>
        <source>Flags</source>
        <translation>旗帜</translation>
    </message>
    <message>
        <source>Emoji</source>
        <translation>表情</translation>
    </message>
    <message>
        <source>Search emoji</source>
        <translation>搜索表情</translation>
    </message>
    <message>
        <source>No emoji found</source>
        <translation>没有找到表情</translation>
    </message>
</context>
<context>
    <name>Entrance</name>
    <message>
        <source>Lobby</source>
        <translation>大厅</translation>
    </message>
    <message>
        <source>Only this computer?</source>
        <translation>仅限这台电脑？</translation>
    </message>
    <message>
        <source>They find the room again when you open it to this network; what was said stays.</source>
        <translation>你再次向此网络开放后，他们就能重新找到房间；说过的话会保留。</translation>
    </message>
    <message>
        <source>Only this computer</source>
        <translation>仅限这台电脑</translation>
    </message>
    <message>
        <source>Stop hosting?</source>
        <translation>停止主持？</translation>
    </message>
    <message>
        <source>Stop hosting</source>
        <translation>停止主持</translation>
    </message>
    <message>
        <source>The room rests until you host it again; what was said stays, and the link too.</source>
        <translation>房间会一直休息，直到你再次主持；说过的话和链接都会保留。</translation>
    </message>
    <message>
        <source>Nobody else is here now.</source>
        <translation>现在没有别人在场。</translation>
    </message>
    <message numerus="yes">
        <source>%n people would be cut off.</source>
        <translation>
            <numerusform>%n 人会被断开。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{names} and %n more</source>
        <translation>
            <numerusform>{names} 等另外 %n 人</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people would be cut off: {names}.</source>
        <translation>
            <numerusform>%n 人会被断开：{names}。</numerusform>
        </translation>
    </message>
    <message>
        <source>The disk of this computer is full</source>
        <translation>这台电脑的磁盘已满</translation>
    </message>
    <message>
        <source>What you wrote or changed last can&apos;t be kept: make room, or copy it, before you quit.</source>
        <translation>你最后写下或更改的内容无法保存：退出前请先腾出空间，或把它复制下来。</translation>
    </message>
    <message>
        <source>Your room ends with this program; what was said stays.</source>
        <translation>你的房间会随本程序一起关闭；已有的消息会保留。</translation>
    </message>
    <message numerus="yes">
        <source>%n people are here</source>
        <translation>
            <numerusform>有 %n 人在场</numerusform>
        </translation>
    </message>
    <message>
        <source>Quit all the same</source>
        <translation>仍然退出</translation>
    </message>
</context>
<context>
    <name>FailedStart</name>
    <message>
        <source>Can&apos;t start</source>
        <translation>无法启动</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>{place} of {count}</source>
        <translation>第 {place} 条，共 {count} 条</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>没有找到</translation>
    </message>
    <message>
        <source>Find in this conversation</source>
        <translation>在此会话中查找</translation>
    </message>
    <message>
        <source>Older</source>
        <translation>更早</translation>
    </message>
    <message>
        <source>Newer</source>
        <translation>更新</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>HereCard</name>
    <message>
        <source>Here now</source>
        <translation>在场的人</translation>
    </message>
    <message numerus="yes">
        <source>%n and you</source>
        <translation>
            <numerusform>%n 人和你</numerusform>
        </translation>
    </message>
    <message>
        <source>Only you so far</source>
        <translation>目前只有你</translation>
    </message>
</context>
<context>
    <name>HostPanel</name>
    <message>
        <source>Opening the room…</source>
        <translation>正在开启房间…</translation>
    </message>
    <message>
        <source>The server starts on this computer.</source>
        <translation>服务器正在这台电脑上启动。</translation>
    </message>
    <message>
        <source>The server on this computer does not run</source>
        <translation>这台电脑上的服务器没有运行</translation>
    </message>
    <message>
        <source>It said last:</source>
        <translation>它最后的输出：</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Host a room</source>
        <translation>主持房间</translation>
    </message>
    <message>
        <source>Your room is resting</source>
        <translation>你的房间正在休息</translation>
    </message>
    <message>
        <source>Host it again and everybody finds it as before: what was said stays, and the link too.</source>
        <translation>重新主持后，大家仍能像以前一样找到它：聊天记录和链接都会保留。</translation>
    </message>
    <message>
        <source>Your computer becomes the room. You get a link to hand out. It takes one click.</source>
        <translation>你的电脑就是房间。只需点一下，就能得到可以分享的链接。</translation>
    </message>
    <message>
        <source>Move the room</source>
        <translation>更换端口</translation>
    </message>
    <message>
        <source>Try again, or start the program anew. What was said is stored.</source>
        <translation>请重试，或重新启动程序。说过的话都已保存。</translation>
    </message>
    <message>
        <source>Restarting: the server on this computer had ended</source>
        <translation>正在重新启动：这台电脑上的服务器曾意外退出</translation>
    </message>
    <message>
        <source>Stopping: everybody is told goodbye</source>
        <translation>正在关闭：正在通知所有人</translation>
    </message>
    <message>
        <source>Live on this computer for {hours} h {minutes} min</source>
        <translation>已在这台电脑上开启 {hours} 小时 {minutes} 分钟</translation>
    </message>
    <message numerus="yes">
        <source>Live on this computer for %n min</source>
        <translation>
            <numerusform>已在这台电脑上开启 %n 分钟</numerusform>
        </translation>
    </message>
    <message>
        <source>Live on this computer</source>
        <translation>已在这台电脑上开启</translation>
    </message>
    <message>
        <source>Stop hosting…</source>
        <translation>停止主持…</translation>
    </message>
</context>
<context>
    <name>InviteCard</name>
    <message>
        <source>No link is valid now: nobody new can join.</source>
        <translation>目前没有有效的链接：新人无法加入。</translation>
    </message>
    <message numerus="yes">
        <source>%n days left</source>
        <translation>
            <numerusform>还剩 %n 天</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n uses left</source>
        <translation>
            <numerusform>还可使用 %n 次</numerusform>
        </translation>
    </message>
    <message>
        <source>Invite people</source>
        <translation>邀请他人</translation>
    </message>
    <message>
        <source>Anyone with this link can join.</source>
        <translation>拿到链接的人都可以加入。</translation>
    </message>
    <message>
        <source>The invite link as a QR code</source>
        <translation>邀请链接的二维码</translation>
    </message>
    <message>
        <source>Invite link</source>
        <translation>邀请链接</translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation>复制链接</translation>
    </message>
    <message>
        <source>Link copied</source>
        <translation>链接已复制</translation>
    </message>
    <message>
        <source>New link</source>
        <translation>新链接</translation>
    </message>
    <message>
        <source>Revoke</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Only this computer can use this link now.</source>
        <translation>目前只有这台电脑能使用此链接。</translation>
    </message>
    <message>
        <source>Make a new link?</source>
        <translation>生成新链接？</translation>
    </message>
    <message>
        <source>The present link and its code lead nowhere from then on. Whoever is in stays in.</source>
        <translation>现有链接和二维码从此失效。已加入的人不受影响。</translation>
    </message>
    <message>
        <source>Revoke the link?</source>
        <translation>撤销链接？</translation>
    </message>
    <message>
        <source>Nobody can join by it any more. Whoever is in stays in.</source>
        <translation>此后无法再用它加入。已加入的人不受影响。</translation>
    </message>
</context>
<context>
    <name>JumpButton</name>
    <message numerus="yes">
        <source>Jump to the newest message, %n new</source>
        <translation>
            <numerusform>跳到最新消息，%n 条新消息</numerusform>
        </translation>
    </message>
    <message>
        <source>Jump to the newest message</source>
        <translation>跳到最新消息</translation>
    </message>
</context>
<context>
    <name>KeyList</name>
    <message>
        <source>Keyboard</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>In the messages</source>
        <translation>在消息中</translation>
    </message>
    <message>
        <source>Jump to a conversation or a person</source>
        <translation>跳转到会话或联系人</translation>
    </message>
    <message>
        <source>The next conversation; with ↑ the one before</source>
        <translation>下一个会话；按 ↑ 则为上一个</translation>
    </message>
    <message>
        <source>The next one with something new; with ↑ the one before</source>
        <translation>下一个有新消息的会话；按 ↑ 则为上一个</translation>
    </message>
    <message>
        <source>The first conversation, and so on to 9</source>
        <translation>第一个会话，依此类推到 9</translation>
    </message>
    <message>
        <source>Find in this conversation</source>
        <translation>在此会话中查找</translation>
    </message>
    <message>
        <source>The next pane</source>
        <translation>下一个面板</translation>
    </message>
    <message>
        <source>Send; with Shift a new line</source>
        <translation>发送；加 Shift 换行</translation>
    </message>
    <message>
        <source>In an empty field: edit your last message</source>
        <translation>输入框为空时：编辑你的上一条消息</translation>
    </message>
    <message>
        <source>Cancel reply or edit, then leave the field, then mark as read</source>
        <translation>取消回复或编辑，再按离开输入框，再按标为已读</translation>
    </message>
    <message>
        <source>This list</source>
        <translation>显示此列表</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>The message before; with ↓ the next one</source>
        <translation>上一条消息；按 ↓ 为下一条</translation>
    </message>
    <message>
        <source>The first message that is here</source>
        <translation>这里的第一条消息</translation>
    </message>
    <message>
        <source>The newest message</source>
        <translation>最新的消息</translation>
    </message>
    <message>
        <source>Select messages; with ↓ the other way, with ← and → single characters</source>
        <translation>选择消息；按 ↓ 反向选择，按 ← 和 → 逐字选择</translation>
    </message>
    <message>
        <source>Select everything</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>React to the message</source>
        <translation>回应这条消息</translation>
    </message>
    <message>
        <source>Reply to it</source>
        <translation>回复它</translation>
    </message>
    <message>
        <source>Edit it</source>
        <translation>编辑它</translation>
    </message>
    <message>
        <source>Delete it</source>
        <translation>删除它</translation>
    </message>
    <message>
        <source>Its menu; also Shift+F10 or Enter</source>
        <translation>打开它的菜单；也可按 Shift+F10 或 Enter</translation>
    </message>
    <message>
        <source>Copy its text, or what is selected</source>
        <translation>复制它的文字或选中的内容</translation>
    </message>
</context>
<context>
    <name>KeyWords</name>
    <message>
        <source>Key words: {words}. In digits: {digits}</source>
        <translation>安全码：{words}。数字形式：{digits}</translation>
    </message>
</context>
<context>
    <name>LanguageButton</name>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
</context>
<context>
    <name>LinkQuestion</name>
    <message>
        <source>an unknown place</source>
        <translation>未知的地址</translation>
    </message>
    <message>
        <source>Open {host}?</source>
        <translation>打开 {host}？</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>This computer has no program that opens links. Copy it to use it elsewhere.</source>
        <translation>这台电脑上没有能打开链接的程序。可以复制链接，在别处使用。</translation>
    </message>
    <message>
        <source>The link can&apos;t be opened here</source>
        <translation>这里打不开这个链接</translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation>复制链接</translation>
    </message>
    <message>
        <source>The name of this place mixes letters of several scripts.</source>
        <translation>这个地址的名称混用了几种文字的字母。</translation>
    </message>
    <message>
        <source>The name of this place is written in letters that look like others.</source>
        <translation>这个地址的名称使用了形似其他字母的字符。</translation>
    </message>
    <message>
        <source>What stands before the @ is not the place that this link leads to.</source>
        <translation>@ 前面的部分并不是这个链接真正指向的地址。</translation>
    </message>
    <message>
        <source>This link holds invisible characters that turn its order around.</source>
        <translation>这个链接含有会颠倒显示顺序的不可见字符。</translation>
    </message>
    <message>
        <source>What is shown names another place than the link leads to.</source>
        <translation>显示的地址与链接真正指向的地址不同。</translation>
    </message>
    <message>
        <source>It can&apos;t be told for certain where this link leads.</source>
        <translation>无法确定这个链接指向哪里。</translation>
    </message>
</context>
<context>
    <name>ListPane</name>
    <message>
        <source>Search or jump to…</source>
        <translation>搜索或跳转…</translation>
    </message>
    <message>
        <source>Search or jump to a conversation</source>
        <translation>搜索或跳转到会话</translation>
    </message>
    <message>
        <source>New</source>
        <translation>新建</translation>
    </message>
    <message numerus="yes">
        <source>Hosting · %n here</source>
        <translation>
            <numerusform>正在主持 · %n 人在场</numerusform>
        </translation>
    </message>
    <message>
        <source>Host a room</source>
        <translation>主持房间</translation>
    </message>
    <message>
        <source>Join</source>
        <translation>加入</translation>
    </message>
    <message>
        <source>Join with a link</source>
        <translation>用链接加入</translation>
    </message>
    <message>
        <source>New room…</source>
        <translation>新建房间…</translation>
    </message>
    <message>
        <source>New direct message…</source>
        <translation>新建私信…</translation>
    </message>
    <message>
        <source>Open rooms…</source>
        <translation>公开的房间…</translation>
    </message>
    <message>
        <source>Join with a link…</source>
        <translation>用链接加入…</translation>
    </message>
    <message>
        <source>My room</source>
        <translation>我的房间</translation>
    </message>
</context>
<context>
    <name>Me</name>
    <message>
        <source>Connected, hidden from others</source>
        <translation>已连接，别人看不到你在场</translation>
    </message>
    <message>
        <source>Connected</source>
        <translation>已连接</translation>
    </message>
    <message>
        <source>Show that I am here, and see who else is</source>
        <translation>显示我在场，也看到还有谁在场</translation>
    </message>
    <message>
        <source>Show what I have read, and see what others have</source>
        <translation>显示我读到哪里，也看到别人读到哪里</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>未连接</translation>
    </message>
</context>
<context>
    <name>MessageMenu</name>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>It has {count} different emoji: no other one fits.</source>
        <translation>已有 {count} 种表情，不能再添加别的。</translation>
    </message>
</context>
<context>
    <name>NewRoom</name>
    <message>
        <source>New room</source>
        <translation>新建房间</translation>
    </message>
    <message>
        <source>Name of the room</source>
        <translation>房间名称</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>公开</translation>
    </message>
    <message>
        <source>Every member of this server finds it and may enter.</source>
        <translation>此服务器的每位成员都能找到并进入。</translation>
    </message>
    <message>
        <source>Private</source>
        <translation>私密</translation>
    </message>
    <message>
        <source>Only who is added or has an invite to it.</source>
        <translation>只有被添加或持有邀请的人可以进入。</translation>
    </message>
    <message>
        <source>Make the room</source>
        <translation>创建房间</translation>
    </message>
    <message>
        <source>On which server</source>
        <translation>在哪个服务器上</translation>
    </message>
</context>
<context>
    <name>NoConversation</name>
    <message>
        <source>No conversations yet</source>
        <translation>还没有会话</translation>
    </message>
    <message>
        <source>Host a room, or open a link that somebody sent you.</source>
        <translation>主持一个房间，或打开别人发给你的链接。</translation>
    </message>
    <message>
        <source>Host a room</source>
        <translation>主持房间</translation>
    </message>
    <message>
        <source>Join with a link</source>
        <translation>用链接加入</translation>
    </message>
</context>
<context>
    <name>People</name>
    <message>
        <source>you</source>
        <translation>我</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>房主</translation>
    </message>
    <message>
        <source>Moderator</source>
        <translation>管理员</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>已离开</translation>
    </message>
    <message>
        <source>here now</source>
        <translation>在场</translation>
    </message>
    <message>
        <source>away</source>
        <translation>不在</translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message numerus="yes">
        <source>%n unread messages</source>
        <translation>
            <numerusform>%n 条未读消息</numerusform>
        </translation>
    </message>
    <message>
        <source>Your room is live</source>
        <translation>你的房间已开启</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>聊天</translation>
    </message>
    <message>
        <source>Contacts</source>
        <translation>联系人</translation>
    </message>
    <message>
        <source>My room</source>
        <translation>我的房间</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
</context>
<context>
    <name>ReachCard</name>
    <message>
        <source>Who can reach you</source>
        <translation>谁能连接到你</translation>
    </message>
    <message>
        <source>Nobody can join until your room runs again</source>
        <translation>你的房间恢复运行之前，谁都无法加入</translation>
    </message>
    <message>
        <source>Only people at this computer can join</source>
        <translation>只有使用这台电脑的人可以加入</translation>
    </message>
    <message>
        <source>Open to this network</source>
        <translation>向此网络开放</translation>
    </message>
    <message>
        <source>People on this network can join</source>
        <translation>此网络中的人可以加入</translation>
    </message>
    <message>
        <source>They find this computer at {places}.</source>
        <translation>他们可以在 {places} 找到这台电脑。</translation>
    </message>
    <message>
        <source>Only this computer</source>
        <translation>仅限这台电脑</translation>
    </message>
    <message>
        <source>Nobody else can join: this computer is in no network</source>
        <translation>别人无法加入：这台电脑没有连接网络</translation>
    </message>
    <message>
        <source>Connect it to a network, then open the room again.</source>
        <translation>请先连接网络，再重新开启房间。</translation>
    </message>
</context>
<context>
    <name>ReactionRow</name>
    <message>
        <source>React</source>
        <translation>回应</translation>
    </message>
    <message>
        <source>thumbs up</source>
        <translation>点赞</translation>
    </message>
    <message>
        <source>red heart</source>
        <translation>红心</translation>
    </message>
    <message>
        <source>face with tears of joy</source>
        <translation>笑哭</translation>
    </message>
    <message>
        <source>party popper</source>
        <translation>庆祝</translation>
    </message>
    <message>
        <source>eyes</source>
        <translation>眼睛</translation>
    </message>
    <message>
        <source>folded hands</source>
        <translation>双手合十</translation>
    </message>
</context>
<context>
    <name>Sentences</name>
    <message>
        <source>Copy the whole link again where you got it, and paste it here.</source>
        <translation>请到原处重新复制整个链接，再粘贴到这里。</translation>
    </message>
    <message>
        <source>Ask whoever invited you for a new link.</source>
        <translation>请向邀请你的人要一个新链接。</translation>
    </message>
    <message>
        <source>Ask the host for a new invite, by phone or in person.</source>
        <translation>请通过电话或当面向房主要一个新的邀请。</translation>
    </message>
    <message>
        <source>Close that program, perhaps another window of this one that hosts, and try again: your link stays the same. Or move the room to another port: then everybody needs the new link, also those who are in.</source>
        <translation>请关闭那个程序（也可能是本程序另一个正在主持房间的窗口），然后重试，链接保持不变。也可以更换房间的端口：之后所有人都需要新链接，已加入的人也一样。</translation>
    </message>
    <message>
        <source>Start the newer version of the program on this computer.</source>
        <translation>请在这台电脑上启动较新版本的程序。</translation>
    </message>
    <message>
        <source>Check who owns it, and that its disk is there, then try again.</source>
        <translation>请检查该文件夹的所有者，并确认所在磁盘可用，然后重试。</translation>
    </message>
    <message>
        <source>Put a copy of its folder back, then try again.</source>
        <translation>请用文件夹的备份恢复，然后重试。</translation>
    </message>
    <message>
        <source>Get the newest version of the program, here and on the host&apos;s computer.</source>
        <translation>请把这里和房主电脑上的程序都更新到最新版本。</translation>
    </message>
    <message>
        <source>Check that you are in the same network, and ask the host whether the room is open.</source>
        <translation>请确认你们在同一网络中，并问问房主房间是否已开启。</translation>
    </message>
    <message>
        <source>Join your rooms again by their links, and host your own: what was said comes back from there. The old copy stays in the profile&apos;s folder.</source>
        <translation>请用链接重新加入房间，或重新主持你自己的房间，对话内容会从那里恢复。旧副本保留在配置文件夹中。</translation>
    </message>
    <message>
        <source>Delete what you don&apos;t need on this computer.</source>
        <translation>请删除这台电脑上不需要的文件。</translation>
    </message>
    <message>
        <source>Try again when you are connected.</source>
        <translation>请在连接恢复后重试。</translation>
    </message>
    <message>
        <source>Go on in the window that is open, or start another profile with --profile NAME.</source>
        <translation>请在已打开的窗口中继续，或用 --profile 名称 启动另一个配置。</translation>
    </message>
    <message>
        <source>Start the newer version. Nothing was changed.</source>
        <translation>请启动较新的版本。没有更改任何内容。</translation>
    </message>
    <message>
        <source>Until then nothing here is changed, and your messages stay.</source>
        <translation>在此之前不会更改任何内容，你的消息都会保留。</translation>
    </message>
    <message>
        <source>Then try again.</source>
        <translation>然后重试。</translation>
    </message>
    <message>
        <source>Unlock the keyring, then try again.</source>
        <translation>请解锁钥匙串，然后重试。</translation>
    </message>
    <message>
        <source>Install one, Noto Sans CJK for example, then start the program again.</source>
        <translation>请安装一款中文字体（例如 Noto Sans CJK），然后重新启动程序。</translation>
    </message>
    <message>
        <source>Only the host can let you in again. What you had stays readable here.</source>
        <translation>只有房主能让你再次进入。已有的内容仍可在这里阅读。</translation>
    </message>
    <message>
        <source>Ask the host when the room opens again.</source>
        <translation>请问问房主房间何时再开启。</translation>
    </message>
    <message>
        <source>Tell the host, who can make room there.</source>
        <translation>请告诉房主，由房主腾出空间。</translation>
    </message>
    <message>
        <source>Close it there, then try again here.</source>
        <translation>请在那里关闭，然后在这里重试。</translation>
    </message>
    <message>
        <source>Ask the host or a moderator what you may do.</source>
        <translation>请问问房主或管理员你可以做什么。</translation>
    </message>
    <message>
        <source>Ask somebody who is in it to add you.</source>
        <translation>请让房间里的人把你加进去。</translation>
    </message>
    <message>
        <source>Take another name.</source>
        <translation>请换一个名字。</translation>
    </message>
    <message>
        <source>Write it differently, then try again.</source>
        <translation>请换一种写法，然后重试。</translation>
    </message>
    <message>
        <source>Send it in several parts.</source>
        <translation>请分成几段发送。</translation>
    </message>
    <message>
        <source>Write a new message instead.</source>
        <translation>请改为写一条新消息。</translation>
    </message>
    <message>
        <source>Wait a moment, then try again.</source>
        <translation>请稍等片刻再试。</translation>
    </message>
    <message>
        <source>“{name}” is free.</source>
        <translation>“{name}”可以使用。</translation>
    </message>
    <message>
        <source>A name needs at least one character that can be seen.</source>
        <translation>名字里至少要有一个看得见的字符。</translation>
    </message>
    <message>
        <source>A name has at most {count} characters.</source>
        <translation>名字最多 {count} 个字符。</translation>
    </message>
    <message>
        <source>A name can&apos;t hold characters that can&apos;t be seen.</source>
        <translation>名字里不能有看不见的字符。</translation>
    </message>
    <message>
        <source>A name can&apos;t hold the word “{word}”.</source>
        <translation>名字里不能有“{word}”这个词。</translation>
    </message>
    <message>
        <source>This is not an invite link.</source>
        <translation>这不是邀请链接。</translation>
    </message>
    <message>
        <source>The invite link has a mistake in it. Copy it again rather than typing it.</source>
        <translation>邀请链接有误。请重新复制，不要手动输入。</translation>
    </message>
    <message>
        <source>A part of the invite link is missing. Copy all of it.</source>
        <translation>邀请链接不完整，请完整复制。</translation>
    </message>
    <message>
        <source>The invite link holds an address that can&apos;t exist.</source>
        <translation>邀请链接中的地址不可能存在。</translation>
    </message>
    <message>
        <source>The invite link is too long to be one.</source>
        <translation>内容太长，不会是邀请链接。</translation>
    </message>
    <message>
        <source>Another server answered than the one this invite was made for. Nothing was sent to it.</source>
        <translation>应答的服务器不是此邀请所属的服务器。没有向它发送任何内容。</translation>
    </message>
    <message>
        <source>What answers at this address is not a chat server.</source>
        <translation>这个地址上应答的不是聊天服务器。</translation>
    </message>
    <message>
        <source>The server speaks another version of the protocol: one of the two programs is too old.</source>
        <translation>服务器使用的协议版本不同：其中一方的程序太旧了。</translation>
    </message>
    <message>
        <source>The server can&apos;t be reached. It may be off, or the network is in the way.</source>
        <translation>无法连接到服务器。它可能已关闭，或网络不通。</translation>
    </message>
    <message>
        <source>The connection was lost. It is tried again by itself.</source>
        <translation>连接已断开，正在自动重试。</translation>
    </message>
    <message>
        <source>The server has been silent too long. The connection is tried again by itself.</source>
        <translation>服务器太久没有回应，正在自动重新连接。</translation>
    </message>
    <message>
        <source>The server did not answer in time. It is asked again by itself.</source>
        <translation>服务器没有及时应答，会自动再次请求。</translation>
    </message>
    <message>
        <source>This needs a connection to the server, and there is none just now.</source>
        <translation>这需要连接到服务器，但目前没有连接。</translation>
    </message>
    <message>
        <source>You closed this connection.</source>
        <translation>你关闭了此连接。</translation>
    </message>
    <message>
        <source>The disk of this computer is full. Nothing is lost: make room and it goes on.</source>
        <translation>这台电脑的磁盘已满。没有丢失任何内容：腾出空间后会自动继续。</translation>
    </message>
    <message>
        <source>The copy of your conversations on this computer is damaged. It was set aside.</source>
        <translation>这台电脑上的对话副本已损坏，已另行保存。</translation>
    </message>
    <message>
        <source>This profile was written by a later version of the program.</source>
        <translation>此配置由更新版本的程序写入。</translation>
    </message>
    <message>
        <source>This profile is open already, in another window of the program.</source>
        <translation>此配置已在程序的另一个窗口中打开。</translation>
    </message>
    <message>
        <source>The folder of this profile can&apos;t be written. Check who owns it.</source>
        <translation>无法写入此配置的文件夹，请检查它的所有者。</translation>
    </message>
    <message>
        <source>The identity of this profile is damaged or missing. Put its file back from a copy.</source>
        <translation>此配置的身份已损坏或缺失，请从备份恢复它的文件。</translation>
    </message>
    <message>
        <source>The key of this profile is in the keyring of this system, which does not answer.</source>
        <translation>此配置的密钥保存在系统钥匙串中，但钥匙串没有响应。</translation>
    </message>
    <message>
        <source>The server on this computer could not be started.</source>
        <translation>无法启动这台电脑上的服务器。</translation>
    </message>
    <message>
        <source>Another program on this computer is at the port where your room is found.</source>
        <translation>这台电脑上的另一个程序占用了你的房间使用的端口。</translation>
    </message>
    <message>
        <source>Your room was hosted by a later version of the program.</source>
        <translation>你的房间曾由更新版本的程序主持。</translation>
    </message>
    <message>
        <source>The folder of your room can&apos;t be written.</source>
        <translation>无法写入你的房间所在的文件夹。</translation>
    </message>
    <message>
        <source>The files of your room are damaged. Nothing was changed in them.</source>
        <translation>你的房间的文件已损坏，没有做任何改动。</translation>
    </message>
    <message>
        <source>This computer has no font with Chinese characters, so the window is in English.</source>
        <translation>这台电脑没有中文字体，因此窗口显示为英文。</translation>
    </message>
    <message>
        <source>The server did not understand this program.</source>
        <translation>服务器无法理解此程序的请求。</translation>
    </message>
    <message>
        <source>This was too large to send.</source>
        <translation>内容太大，无法发送。</translation>
    </message>
    <message>
        <source>The server is too old for this.</source>
        <translation>服务器版本太旧，不支持此操作。</translation>
    </message>
    <message>
        <source>Something in this can&apos;t be accepted, a character perhaps.</source>
        <translation>其中有无法接受的内容，可能是某个字符。</translation>
    </message>
    <message>
        <source>The server asked for a login first.</source>
        <translation>服务器要求先登录。</translation>
    </message>
    <message>
        <source>The login took too long. It is tried again by itself.</source>
        <translation>登录超时，正在自动重试。</translation>
    </message>
    <message>
        <source>The server does not accept the key of this profile.</source>
        <translation>服务器不接受此配置的密钥。</translation>
    </message>
    <message>
        <source>Too many logins failed. The next one is tried in a while.</source>
        <translation>登录失败次数过多，稍后会再试。</translation>
    </message>
    <message>
        <source>You are not a member of this server: you need an invite.</source>
        <translation>你不是此服务器的成员：需要邀请才能加入。</translation>
    </message>
    <message>
        <source>You are banned from this server.</source>
        <translation>你已被此服务器封禁。</translation>
    </message>
    <message>
        <source>This server does not know this invite. It may belong to another server.</source>
        <translation>此服务器不认识这个邀请，它可能属于另一个服务器。</translation>
    </message>
    <message>
        <source>This invite has expired.</source>
        <translation>此邀请已过期。</translation>
    </message>
    <message>
        <source>This invite was revoked.</source>
        <translation>此邀请已被撤销。</translation>
    </message>
    <message>
        <source>This invite was used as often as it may be.</source>
        <translation>此邀请的使用次数已用完。</translation>
    </message>
    <message>
        <source>Somebody here has this name, or one that looks like it.</source>
        <translation>这里已有人使用这个名字或与之相似的名字。</translation>
    </message>
    <message>
        <source>This name is not allowed here.</source>
        <translation>这里不允许使用这个名字。</translation>
    </message>
    <message>
        <source>This room does not exist, or you are not in it.</source>
        <translation>这个房间不存在，或者你不在其中。</translation>
    </message>
    <message>
        <source>The message this is about does not exist any more.</source>
        <translation>相关的消息已不存在。</translation>
    </message>
    <message>
        <source>There is no such member.</source>
        <translation>没有这位成员。</translation>
    </message>
    <message>
        <source>You may not do that here.</source>
        <translation>你在这里不能这样做。</translation>
    </message>
    <message>
        <source>The text is too long: a message holds at most 16,000 bytes.</source>
        <translation>文字太长：一条消息最多 16,000 字节。</translation>
    </message>
    <message>
        <source>This message was changed so often that it can&apos;t be changed any more.</source>
        <translation>这条消息的更改次数太多，不能再更改了。</translation>
    </message>
    <message>
        <source>The server holds something else under the name of this message.</source>
        <translation>服务器上以这条消息的编号保存着别的内容。</translation>
    </message>
    <message>
        <source>That was too much at once. It goes on by itself in a moment.</source>
        <translation>一次操作太多了，稍后会自动继续。</translation>
    </message>
    <message>
        <source>The server is busy. It goes on by itself in a moment.</source>
        <translation>服务器繁忙，稍后会自动继续。</translation>
    </message>
    <message>
        <source>The server&apos;s disk is full. What you wrote waits here until there is room.</source>
        <translation>服务器磁盘已满。你写的内容会在这里等待，直到有空间为止。</translation>
    </message>
    <message>
        <source>The server made a mistake. It is tried again by itself.</source>
        <translation>服务器出错，正在自动重试。</translation>
    </message>
    <message>
        <source>This profile connected from another place.</source>
        <translation>此配置已从另一处连接。</translation>
    </message>
    <message>
        <source>The server restarts.</source>
        <translation>服务器正在重新启动。</translation>
    </message>
    <message>
        <source>The host has stopped the server.</source>
        <translation>房主已关闭服务器。</translation>
    </message>
    <message>
        <source>The connection was too slow to keep up. It is tried again by itself.</source>
        <translation>连接太慢，跟不上进度，正在自动重试。</translation>
    </message>
    <message>
        <source>The server refused this for a reason that this version of the program does not know.</source>
        <translation>服务器拒绝了此操作，但这个版本的程序不认识它给出的原因。</translation>
    </message>
</context>
<context>
    <name>ServerState</name>
    <message>
        <source>Connecting</source>
        <translation>正在连接</translation>
    </message>
    <message>
        <source>You can read what is here, and write: it goes out by itself.</source>
        <translation>你可以阅读已有的内容，也可以写：会自动发出。</translation>
    </message>
    <message>
        <source>Connecting to {name}</source>
        <translation>正在连接 {name}</translation>
    </message>
    <message>
        <source>Another computer answers at this address</source>
        <translation>这个地址上应答的是另一台电脑</translation>
    </message>
    <message>
        <source>It does not hold this room&apos;s key, so nothing was sent to it. The room is looked for by itself, at its other addresses too. What you write waits here. If the room has moved, ask the host for a new link.</source>
        <translation>它没有此房间的密钥，因此没有向它发送任何内容。程序会自动继续寻找房间，也会尝试其他地址。你写的内容会先保存在这里。如果房间换了地址，请向房主要一个新链接。</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>离线</translation>
    </message>
    <message>
        <source>Offline since {time}</source>
        <translation>自 {time} 起离线</translation>
    </message>
    <message>
        <source>This computer has no network. What you write is saved here and goes out by itself.</source>
        <translation>这台电脑没有连接网络。你写的内容会保存在这里，恢复后自动发出。</translation>
    </message>
    <message>
        <source>Room resting since {time}</source>
        <translation>房间自 {time} 起休息中</translation>
    </message>
    <message numerus="yes">
        <source>Room resting, %n waiting</source>
        <translation>
            <numerusform>房间休息中，%n 条待发</numerusform>
        </translation>
    </message>
    <message>
        <source>It is your own: nobody gets in until you host it again. What you write waits.</source>
        <translation>这是你自己的房间：在你再次主持之前没有人能进入。你写的内容会等待发出。</translation>
    </message>
    <message>
        <source>Read and write as always: it is saved here and goes out by itself.</source>
        <translation>照常阅读和书写：内容保存在这里，会自动发出。</translation>
    </message>
    <message>
        <source>{name}’s computer is off or out of reach.</source>
        <translation>{name} 的电脑已关机或无法连接。</translation>
    </message>
    <message>
        <source>The host&apos;s computer is off or out of reach.</source>
        <translation>房主的电脑已关机或无法连接。</translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n 条待发</numerusform>
        </translation>
    </message>
    <message>
        <source>Room resting</source>
        <translation>房间休息中</translation>
    </message>
    <message>
        <source>Disk full</source>
        <translation>磁盘已满</translation>
    </message>
    <message>
        <source>Resting</source>
        <translation>休息中</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
</context>
<context>
    <name>Sheet</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>StorageCard</name>
    <message>
        <source>Storage</source>
        <translation>存储空间</translation>
    </message>
    <message>
        <source>{size} on this computer</source>
        <translation>在这台电脑上占用 {size}</translation>
    </message>
</context>
<context>
    <name>Switcher</name>
    <message>
        <source>Conversations and people</source>
        <translation>会话与联系人</translation>
    </message>
    <message>
        <source>Search or jump to…</source>
        <translation>搜索或跳转…</translation>
    </message>
    <message>
        <source>Nothing here has that name.</source>
        <translation>没有找到这个名称。</translation>
    </message>
    <message>
        <source>choose</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>草稿</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>edited</source>
        <translation>已编辑</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>in reply to {name}</source>
        <translation>回复 {name}</translation>
    </message>
    <message>
        <source>pinned</source>
        <translation>已置顶</translation>
    </message>
    <message>
        <source>This message was deleted.</source>
        <translation>此消息已删除。</translation>
    </message>
    <message>
        <source>You blocked this person.</source>
        <translation>你已屏蔽此人。</translation>
    </message>
    <message>
        <source>Show message</source>
        <translation>显示消息</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>显示全部</translation>
    </message>
    <message>
        <source>An earlier message</source>
        <translation>更早的一条消息</translation>
    </message>
    <message>
        <source>React</source>
        <translation>回应</translation>
    </message>
    <message>
        <source>Reply</source>
        <translation>回复</translation>
    </message>
    <message>
        <source>Copy text</source>
        <translation>复制文字</translation>
    </message>
    <message>
        <source>Copy selection</source>
        <translation>复制所选内容</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>删除…</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>New messages</source>
        <translation>新消息</translation>
    </message>
    <message>
        <source>Only a newer version of Desktop Chat can show this message.</source>
        <translation>需要更新版本的 Desktop Chat 才能显示此消息。</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>dddd, d MMMM</source>
        <comment>format of a date in this year</comment>
        <translation>M月d日 dddd</translation>
    </message>
    <message>
        <source>d MMMM yyyy</source>
        <comment>format of a date in another year</comment>
        <translation>yyyy年M月d日</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>已读</translation>
    </message>
    <message numerus="yes">
        <source>Read by %n</source>
        <translation>
            <numerusform>%n 人已读</numerusform>
        </translation>
    </message>
    <message>
        <source>Host</source>
        <translation>房主</translation>
    </message>
    <message numerus="yes">
        <source>%n new messages</source>
        <translation>
            <numerusform>%n 条新消息</numerusform>
        </translation>
    </message>
    <message>
        <source>mentions you</source>
        <translation>提到了你</translation>
    </message>
    <message>
        <source>your reaction</source>
        <translation>有你的回应</translation>
    </message>
    <message>
        <source>Moderator</source>
        <translation>管理员</translation>
    </message>
    <message>
        <source>The server refused this message.</source>
        <translation>服务器拒绝了这条消息。</translation>
    </message>
    <message>
        <source>Waiting here</source>
        <translation>在此等待</translation>
    </message>
    <message>
        <source>Saved on this computer at {time}. Goes out by itself, in its turn.</source>
        <translation>{time} 已保存在这台电脑上，会按顺序自动发出。</translation>
    </message>
    <message>
        <source>Saved on this computer at {time}. Goes out by itself as soon as the room is back.</source>
        <translation>{time} 已保存在这台电脑上。房间恢复后会自动发出。</translation>
    </message>
    <message>
        <source>On its way</source>
        <translation>正在发送</translation>
    </message>
    <message>
        <source>Saved on this computer at {time} and sent. The room has not said yet that it has it.</source>
        <translation>{time} 已保存在这台电脑上并发出。房间尚未确认收到。</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>被拒绝</translation>
    </message>
    <message>
        <source>Stored by the room</source>
        <translation>房间已保存</translation>
    </message>
    <message>
        <source>{time} · event {number}</source>
        <translation>{time} · 事件 {number}</translation>
    </message>
</context>
<context>
    <name>TimelineView</name>
    <message>
        <source>Messages</source>
        <translation>消息</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Opening the room…</source>
        <translation>正在开启房间…</translation>
    </message>
    <message>
        <source>Host a room</source>
        <translation>主持房间</translation>
    </message>
    <message>
        <source>Welcome to Desktop Chat</source>
        <translation>欢迎使用 Desktop Chat</translation>
    </message>
    <message>
        <source>One person hosts a room. Everyone else opens one link.</source>
        <translation>一个人主持房间，其他人打开一个链接就能加入。</translation>
    </message>
    <message>
        <source>Your name</source>
        <translation>你的名字</translation>
    </message>
    <message>
        <source>Your name, as others see it. The colour comes from your key.</source>
        <translation>别人看到的名字。颜色由你的密钥决定。</translation>
    </message>
    <message>
        <source>Your computer becomes the room. You get a link to hand out. It takes one click.</source>
        <translation>你的电脑就是房间。只需点一下，就能得到可以分享的链接。</translation>
    </message>
    <message>
        <source>Join with a link</source>
        <translation>用链接加入</translation>
    </message>
    <message>
        <source>Paste an invite, or drop it anywhere in this window.</source>
        <translation>粘贴邀请，或把它拖进这个窗口。</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Enter a link</source>
        <translation>输入链接</translation>
    </message>
    <message>
        <source>Your key stays on this computer. No account, nothing sent until you host or join.</source>
        <translation>密钥只保存在这台电脑上。无需账号，主持或加入之前不发送任何内容。</translation>
    </message>
</context>
<context>
    <name>WordsCard</name>
    <message>
        <source>Your key words</source>
        <translation>你的安全码</translation>
    </message>
    <message>
        <source>Whoever joins sees the same, in every language. Read out the words or the digits when somebody asks whether it is really you.</source>
        <translation>加入的人看到的与此相同，使用任何语言都一样。有人问是不是你本人时，念出单词或数字给对方听即可。</translation>
    </message>
</context>
<context>
    <name>Workbench</name>
    <message>
        <source>People are in your room.</source>
        <translation>你的房间里还有人。</translation>
    </message>
    <message>
        <source>Something in this program failed</source>
        <translation>程序出了点问题</translation>
    </message>
    <message>
        <source>Your messages are safe. The log says more: {line}</source>
        <translation>你的消息是安全的。日志里有详细信息：{line}</translation>
    </message>
</context>
<context>
    <name>_AskForLink</name>
    <message>
        <source>Join with a link</source>
        <translation>用链接加入</translation>
    </message>
    <message>
        <source>Somebody who is in the room has the link. It begins with desktopchat://join/</source>
        <translation>房间里的人有这个链接，它以 desktopchat://join/ 开头</translation>
    </message>
    <message>
        <source>Paste the invite here</source>
        <translation>在这里粘贴邀请</translation>
    </message>
    <message>
        <source>Invite link</source>
        <translation>邀请链接</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
</context>
<context>
    <name>_Banner</name>
    <message>
        <source>Edit message</source>
        <translation>编辑消息</translation>
    </message>
    <message>
        <source>Cancel editing</source>
        <translation>取消编辑</translation>
    </message>
    <message>
        <source>Cancel reply</source>
        <translation>取消回复</translation>
    </message>
    <message>
        <source>Reply to {name}: {text}</source>
        <translation>回复 {name}：{text}</translation>
    </message>
</context>
<context>
    <name>_Page</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>_Stopped</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Use another link</source>
        <translation>使用其他链接</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source> Waiting messages stay safe here.</source>
        <translation>待发的消息会安全地留在这里。</translation>
    </message>
    <message>
        <source>Your invite says</source>
        <translation>邀请中的安全码</translation>
    </message>
    <message>
        <source>What you can do</source>
        <translation>你可以怎么做</translation>
    </message>
    <message>
        <source>Wrong key: we stopped here</source>
        <translation>密钥不符：已就此停止</translation>
    </message>
    <message>
        <source>Something at this address answers with a different key. We hung up before anything was sent: not your name, not your invite, not a message.</source>
        <translation>这个地址上的服务器用了不同的密钥应答。我们在发送任何内容之前就断开了：没有发送你的名字、邀请或任何消息。</translation>
    </message>
    <message>
        <source>You are not in yet</source>
        <translation>你还没有加入</translation>
    </message>
</context>
<context>
    <name>_Waiting</name>
    <message>
        <source>Looking whose room this is…</source>
        <translation>正在查看这是谁的房间…</translation>
    </message>
    <message>
        <source>The room is asked. Your name is not sent yet.</source>
        <translation>正在询问房间，尚未发送你的名字。</translation>
    </message>
</context>
<context>
    <name>_WhoseRoom</name>
    <message>
        <source>Key words of this server</source>
        <translation>此服务器的安全码</translation>
    </message>
    <message>
        <source>Matches your invite</source>
        <translation>与邀请一致</translation>
    </message>
    <message>
        <source>You join as</source>
        <translation>加入时使用的名字</translation>
    </message>
    <message>
        <source>Your name in this room</source>
        <translation>你在此房间的名字</translation>
    </message>
    <message>
        <source>Nobody hosts it yet: by this link you become its host.</source>
        <translation>还没有房主：用这个链接加入，你就是房主。</translation>
    </message>
    <message>
        <source>Members see your name and avatar, never your address.</source>
        <translation>成员能看到你的名字和头像，看不到你的地址。</translation>
    </message>
    <message>
        <source>Joining…</source>
        <translation>正在加入…</translation>
    </message>
    <message>
        <source>Join</source>
        <translation>加入</translation>
    </message>
    <message>
        <source>Your invite carried this key, so the check is done.</source>
        <translation>你的邀请里带有这个密钥，所以已核对完毕。</translation>
    </message>
    <message>
        <source>Join {room}?</source>
        <translation>加入 {room}？</translation>
    </message>
    <message>
        <source>Hosted by {name}</source>
        <translation>由 {name} 主持</translation>
    </message>
    <message numerus="yes">
        <source>%n people are here now</source>
        <translation>
            <numerusform>现在有 %n 人在场</numerusform>
        </translation>
    </message>
    <message>
        <source>Your invite carried this key, so the check is done. {name} sees the same words and digits.</source>
        <translation>邀请中带有这个密钥，因此已完成核对。{name} 看到的单词和数字与此相同。</translation>
    </message>
</context>
</TS>
